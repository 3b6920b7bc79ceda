/* SPDX-License-Identifier: Apache-2.0 */
/* major.c: a plugin of another major ABI. */
#include <lychgate/plugin.h>

LG_PLUGIN = { .abi_major = LG_ABI_MAJOR + 1, .abi_minor = 0, .size = sizeof(struct lg_plugin), .name = "major" };
