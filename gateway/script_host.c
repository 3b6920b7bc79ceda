/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_host.c is what the configuration's scripts may ask of the system: files, addresses, plugins and policies. Each
 * function answers with a value, or with nil and the reason.
 */
#include "script_host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lualib.h>

#include "address.h"
#include "control_path.h"
#include "facts.h"
#include "plugins.h"

static struct script_reader *reader_of(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

static int refuse(lua_State *L, const char *reason)
{
	lua_pushnil(L);
	lua_pushstring(L, reason);
	return 2;
}

static void push_strings(lua_State *L, const char *const *list)
{
	lua_newtable(L);
	for (int i = 0; list && list[i]; i++) {
		lua_pushstring(L, list[i]);
		lua_rawseti(L, -2, i + 1);
	}
}

static void set_string(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value); /* nil for NULL */
	lua_setfield(L, -2, key);
}

/* ---- The scripts ---- */

/* use "NAME" or "FOLDER/NAME": what scripts/NAME.lua returns; it is run once. */
static int use(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1), *scripts = lua_tostring(L, lua_upvalueindex(1));

	if (lua_getfield(L, lua_upvalueindex(2), name) != LUA_TNIL)
		return 1;
	lua_pushfstring(L, "%s/%s.lua", scripts, name);
	if (luaL_loadfilex(L, lua_tostring(L, -1), "t") != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 1);
	lua_pushvalue(L, -1);
	lua_setfield(L, lua_upvalueindex(2), name);
	return 1;
}

void script_host_open(lua_State *L, const char *scripts)
{
	static const luaL_Reg libraries[] = {
		{ LUA_GNAME, luaopen_base },       { LUA_STRLIBNAME, luaopen_string },
		{ LUA_TABLIBNAME, luaopen_table }, { LUA_MATHLIBNAME, luaopen_math },
		{ LUA_DBLIBNAME, luaopen_debug },  { NULL, NULL },
	};

	for (const luaL_Reg *l = libraries; l->name; l++) {
		luaL_requiref(L, l->name, l->func, 1);
		lua_pop(L, 1);
	}
	lua_pushstring(L, scripts);
	lua_newtable(L);
	lua_pushcclosure(L, use, 2);
	lua_setglobal(L, "use");
}

/* ---- Files and addresses ---- */

/* readable(path, "file" | "folder") */
static int host_readable(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	bool folder = strcmp(luaL_checkstring(L, 2), "folder") == 0;
	struct stat st;

	if (stat(path, &st) < 0 || access(path, R_OK) < 0)
		return refuse(L, strerror(errno));
	if (folder != (bool)S_ISDIR(st.st_mode))
		return refuse(L, folder ? "not a folder" : "a folder");
	lua_pushboolean(L, 1);
	return 1;
}

/* Why nobody can make a file there; 0: one can, or rights decide, which are for the start to know. */
static int folder_error(const char *folder)
{
	struct stat st;

	if (stat(folder, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? errno : 0;
	return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

/* written(path, "file" | "socket"): whether the gateway can write there; nil, the reason, and the folder if that is
 * it. */
static int host_written(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1), *slash = strrchr(path, '/');
	bool socket = strcmp(luaL_checkstring(L, 2), "socket") == 0;
	struct stat st;
	int error;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return refuse(L, "it is a folder");
	if (stat(path, &st) == 0 && socket && !S_ISSOCK(st.st_mode))
		return refuse(L, "it is no socket");
	lua_pushlstring(L, path, slash && slash > path ? (size_t)(slash - path) : 1);
	error = folder_error(lua_tostring(L, -1));
	if (!error) {
		lua_pushboolean(L, 1);
		return 1;
	}
	lua_pushnil(L);
	lua_pushfstring(L, "%s: %s", lua_tostring(L, -2), strerror(error));
	lua_pushvalue(L, -3);
	return 3;
}

static int push_address(lua_State *L, int family, const void *address)
{
	char text[INET6_ADDRSTRLEN];

	lua_pushstring(L, inet_ntop(family, address, text, sizeof text));
	lua_pushboolean(L, family == AF_INET6);
	return 2;
}

/* address(text): the same in its one usual form, and whether it is v6; nil: it is not an address. */
static int host_address(lua_State *L)
{
	const char *text = luaL_checkstring(L, 1);
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, text, address) == 1)
		return push_address(L, AF_INET, address);
	if (inet_pton(AF_INET6, text, address) == 1)
		return push_address(L, AF_INET6, address);
	lua_pushnil(L);
	return 1;
}

/* certificate_names(path): { common, its alternative names... } */
static int host_certificate_names(lua_State *L)
{
	struct tls_names *names = &reader_of(L)->bears;
	char err[512];

	tls_names_free(names);
	if (tls_names_read(names, luaL_checkstring(L, 1), err, sizeof err) < 0)
		return refuse(L, err);
	lua_newtable(L);
	set_string(L, "common", names->common);
	for (unsigned i = 0; i < names->n; i++) {
		lua_pushstring(L, names->list[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* ---- Plugins ---- */

static void push_options(lua_State *L, const struct lg_option *table)
{
	static const char *const types[] = {
		[LG_BOOL] = "bool",   [LG_INT] = "int", [LG_MSEC] = "msec",
		[LG_BYTES] = "bytes", [LG_STR] = "str", [LG_ENUM] = "enum",
		[LG_PORTS] = "ports", [LG_NETS] = "nets", [LG_ROUTES] = "routes",
	};
	int i = 0;

	lua_newtable(L);
	for (const struct lg_option *o = table; o && o->name; o++) {
		lua_newtable(L);
		set_string(L, "name", o->name);
		set_string(L, "type", types[o->type]);
		set_string(L, "help", o->help);
		set_string(L, "def", o->def);
		if (o->min || o->max) {
			lua_pushinteger(L, o->min);
			lua_setfield(L, -2, "min");
			lua_pushinteger(L, o->max);
			lua_setfield(L, -2, "max");
		}
		push_strings(L, o->choices);
		lua_setfield(L, -2, "choices");
		lua_rawseti(L, -2, ++i);
	}
}

static void push_transports(lua_State *L, unsigned transports)
{
	lua_newtable(L);
	lua_pushboolean(L, (transports & LG_TCP) != 0);
	lua_setfield(L, -2, "tcp");
	lua_pushboolean(L, (transports & LG_TLS) != 0);
	lua_setfield(L, -2, "tls");
	lua_pushboolean(L, (transports & LG_UDP) != 0);
	lua_setfield(L, -2, "udp");
}

static void push_plugin(lua_State *L, const struct lg_plugin *p)
{
	lua_newtable(L);
	set_string(L, "name", p->name);
	set_string(L, "summary", p->summary);
	set_string(L, "persistence", p->persistence);
	push_transports(L, p->transports);
	lua_setfield(L, -2, "transports");
	push_options(L, p->options);
	lua_setfield(L, -2, "options");
	push_options(L, p->probe_options);
	lua_setfield(L, -2, "probe_options");
	push_strings(L, p->facts);
	lua_setfield(L, -2, "facts");
	push_strings(L, p->counters);
	lua_setfield(L, -2, "counters");
	if (p->sealed) {
		push_strings(L, p->sealed);
		lua_setfield(L, -2, "sealed");
	}
	lua_pushlightuserdata(L, (void *)p);
	lua_setfield(L, -2, "handle");
}

/* plugin(name, folders) */
static int host_plugin(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	size_t n = lua_rawlen(L, 2);
	const char **path = lua_newuserdatauv(L, (n + 1) * sizeof *path, 0);
	const struct lg_plugin *p;
	char err[1024];

	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, 2, (lua_Integer)i + 1);
		path[i] = luaL_checkstring(L, -1); /* the list keeps it alive */
		lua_pop(L, 1);
	}
	path[n] = NULL;
	p = plugins_find(name, path, err, sizeof err);
	if (!p)
		return refuse(L, err);
	push_plugin(L, p);
	return 1;
}

static int try_option(const struct lg_option *o, size_t size, const char *text, char err[], size_t errlen)
{
	struct lg_option table[] = { *o, { .name = NULL } };
	void *conf = calloc(1, size);
	int ret;

	if (!conf) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	ret = options_set(o, conf, text, err, errlen);
	options_free(table, conf);
	free(conf);
	return ret;
}

/* option(plugin's handle, of the probe?, name, text): whether the text is a value of the option. */
static int host_option(lua_State *L)
{
	const struct lg_plugin *p = lua_touserdata(L, 1);
	bool probe = lua_toboolean(L, 2);
	const struct lg_option *o = options_find(probe ? p->probe_options : p->options, luaL_checkstring(L, 3));
	const char *text = luaL_checkstring(L, 4);
	char err[512];

	if (!o)
		return refuse(L, "there is no such option");
	if (try_option(o, probe ? p->probe_conf_size : p->conf_size, text, err, sizeof err) < 0)
		return refuse(L, err);
	lua_pushboolean(L, 1);
	return 1;
}

/* fact(plugin's handle, name) */
static int host_fact(lua_State *L)
{
	struct fact_ref ref;

	lua_pushboolean(L, facts_resolve(lua_touserdata(L, 1), luaL_checkstring(L, 2), &ref) == 0);
	return 1;
}

/* ---- Policies ---- */

static void push_bounds(lua_State *L, const struct policy_option *o)
{
	lua_pushboolean(L, o->networks);
	lua_setfield(L, -2, "networks");
	if (o->has_min) {
		lua_pushnumber(L, o->min);
		lua_setfield(L, -2, "min");
	}
	if (o->has_max) {
		lua_pushnumber(L, o->max);
		lua_setfield(L, -2, "max");
	}
	if (o->choices && o->choices[0]) {
		push_strings(L, (const char *const *)o->choices);
		lua_setfield(L, -2, "choices");
	}
}

static void push_policy_options(lua_State *L, const struct policy_desc *d)
{
	static const char *const types[] = {
		[POLICY_STRING] = "string",     [POLICY_NUMBER] = "number", [POLICY_BOOLEAN] = "boolean",
		[POLICY_DURATION] = "duration", [POLICY_POOL] = "pool",     [POLICY_HEADER] = "header",
		[POLICY_LIST] = "list",         [POLICY_MAP] = "map",
	};

	lua_newtable(L);
	for (unsigned i = 0; i < d->noptions; i++) {
		lua_newtable(L);
		set_string(L, "name", d->options[i].name);
		set_string(L, "type", types[d->options[i].type]);
		set_string(L, "of", types[d->options[i].of]);
		set_string(L, "def", d->options[i].def);
		set_string(L, "help", d->options[i].help);
		push_bounds(L, &d->options[i]);
		lua_pushboolean(L, d->options[i].required);
		lua_setfield(L, -2, "required");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static int describe(struct script_reader *r, const char *file, char err[], size_t errlen)
{
	policy_desc_free(&r->desc);
	memset(&r->desc, 0, sizeof r->desc);
	if (!r->policies && script_create(&r->policies) < 0) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	return script_describe(r->policies, file, &r->desc, err, errlen);
}

/* policy(file): what it says of itself. */
static int host_policy(lua_State *L)
{
	struct script_reader *r = reader_of(L);
	char err[1024];

	if (describe(r, luaL_checkstring(L, 1), err, sizeof err) < 0)
		return refuse(L, err);
	lua_newtable(L);
	push_strings(L, (const char *const *)r->desc.plugins);
	lua_setfield(L, -2, "plugins");
	push_strings(L, (const char *const *)r->desc.reads);
	lua_setfield(L, -2, "reads");
	lua_pushboolean(L, r->desc.reads_by_options);
	lua_setfield(L, -2, "reads_by_options");
	push_strings(L, (const char *const *)r->desc.pools);
	lua_setfield(L, -2, "pools");
	push_policy_options(L, &r->desc);
	lua_setfield(L, -2, "options");
	lua_pushboolean(L, r->desc.edits);
	lua_setfield(L, -2, "edits");
	return 1;
}

typedef int (*names_fn)(struct script *s, const char *file, const char *options, char ***list, char err[],
			size_t errlen);

static int push_names(lua_State *L, names_fn names)
{
	struct script_reader *r = reader_of(L);
	char err[1024];

	script_list_free(r->names);
	r->names = NULL;
	if (names(r->policies, luaL_checkstring(L, 1), luaL_checkstring(L, 2), &r->names, err, sizeof err) < 0)
		return refuse(L, err);
	push_strings(L, (const char *const *)r->names);
	return 1;
}

/* edits(file, options as text): the headers that a policy, which `policy` has described, edits with these options. */
static int host_edits(lua_State *L)
{
	return push_names(L, script_edits);
}

/* reads(file, options as text): the facts that it reads, likewise. */
static int host_reads(lua_State *L)
{
	return push_names(L, script_reads);
}

/* network(text): whether it is one; nil: it is not, and the network that was probably meant, if any. */
static int host_network(lua_State *L)
{
	char meant[ADDRESS_TEXT] = "";
	struct lg_net net;

	if (address_parse_net(&net, luaL_checkstring(L, 1), meant) == 0) {
		lua_pushboolean(L, 1);
		return 1;
	}
	lua_pushnil(L);
	lua_pushstring(L, meant[0] ? meant : NULL);
	return 2;
}

/* ---- The table ---- */

static int cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static void push_trial(lua_State *L, const struct script_trial *t)
{
	lua_newtable(L);
	set_string(L, "policy", t->policy);
	set_string(L, "plugin", t->plugin);
	set_string(L, "options", t->options);
	set_string(L, "plugin_path", t->plugin_path);
	push_strings(L, t->pairs);
	lua_setfield(L, -2, "pairs");
	lua_setfield(L, -2, "trial");
}

void script_host_push(lua_State *L, struct script_reader *r)
{
	static const luaL_Reg functions[] = {
		{ "address", host_address },
		{ "certificate_names", host_certificate_names },
		{ "edits", host_edits },
		{ "fact", host_fact },
		{ "network", host_network },
		{ "option", host_option },
		{ "plugin", host_plugin },
		{ "policy", host_policy },
		{ "readable", host_readable },
		{ "reads", host_reads },
		{ "written", host_written },
		{ NULL, NULL },
	};
	char control[CONTROL_PATH_MAX + 2];

	lua_newtable(L);
	lua_pushlightuserdata(L, r);
	luaL_setfuncs(L, functions, 1);
	lua_pushlstring(L, r->in->text, r->in->length);
	lua_setfield(L, -2, "text");
	set_string(L, "folder", r->in->folder);
	set_string(L, "plugins", r->in->paths->plugins);
	set_string(L, "policies", r->in->paths->policies);
	push_strings(L, core_fact_names);
	lua_setfield(L, -2, "core_facts");
	if (r->in->trial)
		push_trial(L, r->in->trial);
	lua_pushinteger(L, cores());
	lua_setfield(L, -2, "cores");
	control_path_default(control);
	set_string(L, "control", control);
}

void script_host_end(struct script_reader *r)
{
	policy_desc_free(&r->desc);
	script_list_free(r->names);
	tls_names_free(&r->bears);
	script_destroy(r->policies);
}
