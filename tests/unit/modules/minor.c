/* SPDX-License-Identifier: Apache-2.0 */
/* minor.c: a plugin of a newer minor ABI. */
#include <lychgate/plugin.h>

LG_PLUGIN = {
	.abi_major = LG_ABI_MAJOR, .abi_minor = LG_ABI_MINOR + 1, .size = sizeof(struct lg_plugin), .name = "minor"
};
