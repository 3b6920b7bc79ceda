/* SPDX-License-Identifier: Apache-2.0 */
/* tiny.c: a plugin that says it is shorter than any. */
#include <lychgate/plugin.h>

LG_PLUGIN = { .abi_major = LG_ABI_MAJOR, .abi_minor = LG_ABI_MINOR, .size = 8, .name = "tiny" };
