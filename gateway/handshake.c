/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handshake.c is a queue and the threads that empty it.  It knows nothing of TLS: a job's `work` does.  The threads run
 * below the loops (their nice value is raised), not below everything: a handshake still has to end in time.
 */
#include "handshake.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include <sys/resource.h>
#include <unistd.h>

enum { HANDSHAKE_NICE = 10 }; /* a tenth of a loop's share where both want the same core */

struct handshake_pool {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct list queue;
	bool ending;
	unsigned nthreads;
	pthread_t threads[];
};

static void deliver(struct mail *m)
{
	struct handshake_job *job = container_of(m, struct handshake_job, mail);

	job->done(job);
}

/* The next job; NULL: the end, and there are no more. */
static struct handshake_job *next_job(struct handshake_pool *pool)
{
	struct list *l;

	pthread_mutex_lock(&pool->lock);
	while (list_empty(&pool->queue) && !pool->ending)
		pthread_cond_wait(&pool->more, &pool->lock);
	l = list_take(&pool->queue);
	pthread_mutex_unlock(&pool->lock);
	return l ? container_of(l, struct handshake_job, queue) : NULL;
}

static void *run(void *arg)
{
	struct handshake_pool *pool = arg;
	struct handshake_job *job;

	/* On Linux a thread has a nice value of its own.  Refused: then it competes with the loops. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), getpriority(PRIO_PROCESS, 0) + HANDSHAKE_NICE);
	while ((job = next_job(pool))) {
		job->work(job);
		job->mail.run = deliver;
		worker_post(job->owner, &job->mail); /* from here on it may be gone */
	}
	return NULL;
}

/* Signals are the control thread's. */
static int start(struct handshake_pool *pool, unsigned threads)
{
	sigset_t all, before;
	int ret = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (ret == 0 && pool->nthreads < threads) {
		ret = pthread_create(&pool->threads[pool->nthreads], NULL, run, pool);
		if (ret == 0)
			pool->nthreads++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -ret;
}

int handshake_pool_create(struct handshake_pool **pp, unsigned threads)
{
	struct handshake_pool *pool;
	int ret;

	if (threads == 0)
		return -EINVAL;
	pool = calloc(1, sizeof *pool + threads * sizeof pool->threads[0]);
	if (!pool)
		return -ENOMEM;
	pthread_mutex_init(&pool->lock, NULL); /* neither fails on Linux */
	pthread_cond_init(&pool->more, NULL);
	list_init(&pool->queue);
	ret = start(pool, threads);
	if (ret < 0)
		handshake_pool_destroy(pool);
	else
		*pp = pool;
	return ret;
}

void handshake_submit(struct handshake_pool *pool, struct handshake_job *job)
{
	pthread_mutex_lock(&pool->lock);
	list_append(&pool->queue, &job->queue);
	pthread_mutex_unlock(&pool->lock);
	pthread_cond_signal(&pool->more); /* who wakes finds the lock free */
}

void handshake_pool_destroy(struct handshake_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->more);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->nthreads; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->more);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}
