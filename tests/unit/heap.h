/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.h: lets a test count what the code under test holds, and fail its allocations.  The test is linked with
 * $(WRAP_HEAP) and heap.c; libraries keep their own heap.
 */
#ifndef HEAP_H
#define HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that are allocated now.  The allocator rounds each up, not always alike: leave it HEAP_ROUNDING when two counts
 * are compared. */
size_t heap_bytes(void);

enum { HEAP_ROUNDING = 1024 };

/* The next `n` allocations succeed and those after them fail; negative: none fails (so it begins). */
void heap_fail_after(long n);

/* The same, but only one fails; has it? */
void heap_fail_once(long n);
bool heap_has_failed(void);

#endif
