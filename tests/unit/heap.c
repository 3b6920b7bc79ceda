/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.c: stands between the code under test and the allocator, by the linker's --wrap.  Thread-safe.
 */
#include "heap.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

static atomic_size_t bytes;
static atomic_long left = -1;
static atomic_bool once, failed;

size_t heap_bytes(void)
{
	return atomic_load(&bytes);
}

void heap_fail_after(long n)
{
	atomic_store(&once, false);
	atomic_store(&left, n);
}

void heap_fail_once(long n)
{
	atomic_store(&failed, false);
	atomic_store(&once, true);
	atomic_store(&left, n);
}

bool heap_has_failed(void)
{
	return atomic_load(&failed);
}

static bool fails(void)
{
	long n = atomic_load(&left);

	while (n > 0 && !atomic_compare_exchange_weak(&left, &n, n - 1))
		;
	if (n == 0 && atomic_load(&once)) {
		atomic_store(&failed, true);
		atomic_store(&left, -1);
	}
	return n == 0;
}

static void *counted(void *p)
{
	atomic_fetch_add(&bytes, p ? malloc_usable_size(p) : 0);
	return p;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : counted(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
	size_t before = p ? malloc_usable_size(p) : 0;
	void *moved = fails() ? NULL : counted(__real_realloc(p, n));

	if (moved)
		atomic_fetch_sub(&bytes, before);
	return moved;
}

void __wrap_free(void *p)
{
	atomic_fetch_sub(&bytes, p ? malloc_usable_size(p) : 0);
	__real_free(p);
}
