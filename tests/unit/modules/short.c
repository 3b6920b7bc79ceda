/* SPDX-License-Identifier: Apache-2.0 */
/* short.c: a plugin of an older minor ABI, when the struct ended sooner: what lies behind its end is not its own. */
#include <lychgate/plugin.h>

struct older {
	uint16_t abi_major, abi_minor;
	uint32_t size;
	const char *name, *version, *summary;
	unsigned transports;
	size_t conf_size;
	char other[sizeof(struct lg_plugin)]; /* that a careless copy would take */
};

extern __attribute__((visibility("default"))) const struct older lychgate_plugin;
const struct older lychgate_plugin = {
	.abi_major = LG_ABI_MAJOR,
	.size = offsetof(struct older, other),
	.name = "short",
	.transports = LG_TCP,
	.other = "not the plugin's: a careless copy reads this as the members that came later, and a pointer to "
		 "nowhere it is",
};
