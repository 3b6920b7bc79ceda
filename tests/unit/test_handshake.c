/* SPDX-License-Identifier: Apache-2.0 */
/* test_handshake.c: the pool of threads, with a mailbox of the test's own in place of a worker's. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include <sys/resource.h>
#include <unistd.h>

#include "gateway/handshake.h"

/* ---- The worker that is not there: mails of all owners, in the order in which they came ---- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct mail *first, **end;
	struct worker *owners[1024];
	unsigned posted;
} box = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

void worker_post(struct worker *w, struct mail *m)
{
	pthread_mutex_lock(&box.lock);
	if (!box.end)
		box.end = &box.first;
	m->next = NULL;
	*box.end = m;
	box.end = &m->next;
	box.owners[box.posted++ % 1024] = w;
	pthread_cond_signal(&box.more);
	pthread_mutex_unlock(&box.lock);
}

/* Waits until `n` mails were posted since the last call, and runs them. */
static void run_mails(unsigned n)
{
	struct mail *m;

	pthread_mutex_lock(&box.lock);
	while (box.posted < n)
		pthread_cond_wait(&box.more, &box.lock);
	assert_int_equal(box.posted, n);
	m = box.first;
	box.first = NULL;
	box.end = NULL;
	box.posted = 0;
	pthread_mutex_unlock(&box.lock);
	while (m) {
		struct mail *next = m->next;

		m->run(m);
		m = next;
	}
}

/* ---- A job ---- */

struct test_job {
	struct handshake_job job;
	atomic_int begun;
	int order, nice_value;
	pthread_t worked_on;
	bool done;
};

static atomic_int counter;
static atomic_bool held;

static void work(struct handshake_job *j)
{
	struct test_job *t = container_of(j, struct test_job, job);

	atomic_store(&t->begun, 1);
	while (atomic_load(&held))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	t->order = atomic_fetch_add(&counter, 1);
	t->nice_value = getpriority(PRIO_PROCESS, (id_t)gettid());
	t->worked_on = pthread_self();
}

static void done(struct handshake_job *j)
{
	struct test_job *t = container_of(j, struct test_job, job);

	t->done = true;
}

static struct worker owners[2];

static void submit(struct handshake_pool *pool, struct test_job *jobs, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		memset(&jobs[i], 0, sizeof jobs[i]);
		jobs[i].job.work = work;
		jobs[i].job.done = done;
		jobs[i].job.owner = &owners[i % 2];
		list_init(&jobs[i].job.queue);
		handshake_submit(pool, &jobs[i].job);
	}
}

static int reset(void **state)
{
	(void)state;
	atomic_store(&counter, 0);
	atomic_store(&held, false);
	return 0;
}

static void test_in_order(void **state)
{
	struct handshake_pool *pool;
	static struct test_job jobs[100];

	(void)state;
	assert_int_equal(handshake_pool_create(&pool, 1), 0);
	submit(pool, jobs, 100);
	run_mails(100);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(jobs[i].done);
		assert_int_equal(jobs[i].order, i);
		assert_ptr_equal(box.owners[i], jobs[i].job.owner);
		assert_false(pthread_equal(jobs[i].worked_on, pthread_self()));
	}
	handshake_pool_destroy(pool);
}

static void test_again(void **state)
{
	struct handshake_pool *pool;
	struct test_job job;

	(void)state;
	assert_int_equal(handshake_pool_create(&pool, 2), 0);
	for (int i = 0; i < 50; i++) {
		submit(pool, &job, 1);
		run_mails(1);
		assert_true(job.done);
	}
	handshake_pool_destroy(pool);
}

static void test_lower_priority(void **state)
{
	struct handshake_pool *pool;
	struct test_job job;
	int ours = getpriority(PRIO_PROCESS, 0);

	(void)state;
	assert_int_equal(handshake_pool_create(&pool, 1), 0);
	submit(pool, &job, 1);
	run_mails(1);
	assert_true(ours >= 19 || job.nice_value > ours);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), ours);
	handshake_pool_destroy(pool);
}

/* Two threads take a job each: one that takes long does not hold up the other. */
static void test_side_by_side(void **state)
{
	struct handshake_pool *pool;
	struct test_job jobs[2];

	(void)state;
	atomic_store(&held, true);
	assert_int_equal(handshake_pool_create(&pool, 2), 0);
	submit(pool, jobs, 2);
	while (!atomic_load(&jobs[0].begun) || !atomic_load(&jobs[1].begun))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	atomic_store(&held, false);
	run_mails(2);
	handshake_pool_destroy(pool);
}

static void *let_go(void *arg)
{
	(void)arg;
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	atomic_store(&held, false);
	return NULL;
}

static void test_destroy_finishes(void **state)
{
	struct handshake_pool *pool;
	static struct test_job jobs[20];
	pthread_t thread;

	(void)state;
	atomic_store(&held, true);
	assert_int_equal(handshake_pool_create(&pool, 2), 0);
	submit(pool, jobs, 20);
	assert_int_equal(pthread_create(&thread, NULL, let_go, NULL), 0);
	handshake_pool_destroy(pool); /* most of them have not begun */
	pthread_join(thread, NULL);
	assert_int_equal(atomic_load(&counter), 20);
	run_mails(20);
	for (unsigned i = 0; i < 20; i++)
		assert_true(jobs[i].done);
}

static void test_nothing(void **state)
{
	struct handshake_pool *pool = NULL;

	(void)state;
	assert_int_equal(handshake_pool_create(&pool, 0), -EINVAL);
	assert_null(pool);
	handshake_pool_destroy(NULL);
	assert_int_equal(handshake_pool_create(&pool, 3), 0);
	handshake_pool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_in_order, reset),         cmocka_unit_test_setup(test_again, reset),
		cmocka_unit_test_setup(test_lower_priority, reset),   cmocka_unit_test_setup(test_side_by_side, reset),
		cmocka_unit_test_setup(test_destroy_finishes, reset), cmocka_unit_test_setup(test_nothing, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
