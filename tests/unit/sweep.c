/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep.c stands between the code under test and the allocator: tests are linked with libraries whose calls have been
 * renamed (sweep.syms), so what tests, cmocka and other libraries allocate does not pass here.  tests/sweep.py tells
 * it by the environment to count, or which allocation fails, once; otherwise it only hands on.  Thread-safe.
 *
 *     SWEEP_PLACES=FILE   which allocations there are is written there, a number a line: of each place in the code the
 *                         first SWEEP_EACH (1), and of those after them the second, the fourth, the eighth, ...
 *     SWEEP_FAIL=N        the N-th fails, and its stack is told on stderr; so is that of a crash after it
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *sweep_malloc(size_t n);
void *sweep_calloc(size_t n, size_t size);
void *sweep_realloc(void *p, size_t n);
char *sweep_strdup(const char *s);
char *sweep_strndup(const char *s, size_t n);
int sweep_asprintf(char **to, const char *format, ...) __attribute__((format(printf, 2, 3)));
int sweep_vasprintf(char **to, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static atomic_ulong calls;
static unsigned long failing; /* 0: none */
static FILE *places_file;     /* NULL: nothing is written */
static unsigned long each;    /* SWEEP_EACH */

/* Where an allocation returns to, and how many there were; a table of open addresses. */
struct place {
	_Atomic(void *) at;
	atomic_ulong n;
};
enum { PLACES = 4096 };
static struct place places[PLACES];

/* Lines of a file and the offset in it, for addr2line; calls nothing that could be what has just crashed. */
static void tell_stack(const char *what)
{
	void *frames[40];
	int n = backtrace(frames, 40);

	dprintf(STDERR_FILENO, "sweep: %s\n", what);
	for (int i = 2; i < n; i++) {
		Dl_info at;

		if (dladdr(frames[i], &at) && at.dli_fname)
			dprintf(STDERR_FILENO, "sweep-at %s %#zx\n", at.dli_fname,
				(size_t)((char *)frames[i] - (char *)at.dli_fbase));
	}
}

static void crashed(int signum)
{
	tell_stack("crashed");
	signal(signum, SIG_DFL);
	raise(signum);
}

/* More than PLACES share one. */
static struct place *place_of(void *at)
{
	size_t i = (uintptr_t)at * UINT64_C(0x9e3779b97f4a7c15) >> 52;

	for (size_t tries = 0; tries < PLACES; tries++, i = (i + 1) % PLACES) {
		void *is = NULL;

		if (atomic_compare_exchange_strong(&places[i].at, &is, at) || is == at)
			break;
	}
	return &places[i];
}

static void write_place(unsigned long number, void *at)
{
	unsigned long n = atomic_fetch_add(&place_of(at)->n, 1) + 1;

	if (n <= each || !(n & (n - 1)))
		fprintf(places_file, "%lu\n", number);
}

/* `at`: where in the code under test. */
static bool fails(void *at)
{
	unsigned long n = atomic_fetch_add(&calls, 1) + 1;

	if (places_file)
		write_place(n, at);
	if (n != failing)
		return false;
	tell_stack("failed");
	/* Now, since cmocka sets its own before each test.  Under ASan it has no effect: ASan tells by itself. */
	for (size_t i = 0; i < 4; i++)
		signal((const int[]){ SIGSEGV, SIGBUS, SIGFPE, SIGILL }[i], crashed);
	return true;
}

static unsigned long number_of(const char *variable)
{
	const char *text = getenv(variable);

	return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv("SWEEP_PLACES");

	failing = number_of("SWEEP_FAIL");
	each = number_of("SWEEP_EACH");
	places_file = file ? fopen(file, "w") : NULL;
	if (places_file)
		setvbuf(places_file, NULL, _IOLBF, 0);
}

/* libc's: a test that ends early leaves its folder, and tests/sweep.py removes it. */
char *mkdtemp(char *template)
{
	char *(*real)(char *) = (char *(*)(char *))dlsym(RTLD_NEXT, "mkdtemp");
	char *folder = real(template);

	if (failing && folder)
		dprintf(STDERR_FILENO, "sweep-folder %s\n", folder);
	return folder;
}

void *sweep_malloc(size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : malloc(n);
}

void *sweep_calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : calloc(n, size);
}

void *sweep_realloc(void *p, size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : realloc(p, n);
}

char *sweep_strdup(const char *s)
{
	return fails(__builtin_return_address(0)) ? NULL : strdup(s);
}

char *sweep_strndup(const char *s, size_t n)
{
	return fails(__builtin_return_address(0)) ? NULL : strndup(s, n);
}

int sweep_vasprintf(char **to, const char *format, va_list args)
{
	return fails(__builtin_return_address(0)) ? -1 : vasprintf(to, format, args);
}

int sweep_asprintf(char **to, const char *format, ...)
{
	va_list args;
	int n;

	if (fails(__builtin_return_address(0)))
		return -1;
	va_start(args, format);
	n = vasprintf(to, format, args);
	va_end(args);
	return n;
}
