/* SPDX-License-Identifier: Apache-2.0 */
/* config_rig.c makes the folder that tests of configurations read from. */
#include "config_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "certs.h"

static char dir[64];
static char policies[128];

static const struct config_paths paths = {
	.scripts = TEST_SRCDIR "/scripts",
	.plugins = TEST_MODULES,
	.policies = policies,
};

/* ---- Files ---- */

static void write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

const char *config_rig_path(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void write_certificates(void)
{
	struct cert *ca = cert_make(&(struct cert_want){ .cn = "Test CA", .authority = true });
	struct cert *pool = cert_make(&(struct cert_want){ .cn = "pool.test", .dns = { "pool.test" }, .issuer = ca });
	struct cert *other = cert_make(&(struct cert_want){ .cn = "other.test", .issuer = ca });

	cert_write(ca, dir, "ca");
	cert_write(pool, dir, "pool");
	cert_write(pool, dir, "trunk");
	cert_write(other, dir, "other");
	cert_write(pool, dir, "trunk"); /* of an example */
	cert_free(other);
	cert_free(pool);
	cert_free(ca);
}

/* What `gateway { secret }` may name, and what it may not. */
static void write_secrets(void)
{
	write_file("secret", "0123456789abcdef");
	write_file("other.secret", "0123456789abcdef\n");
	write_file("open.secret", "0123456789abcdef");
	write_file("short.secret", "0123456789abcde");
	assert_int_equal(chmod(config_rig_path("secret"), 0640), 0);
	assert_int_equal(chmod(config_rig_path("other.secret"), 0600), 0);
	assert_int_equal(chmod(config_rig_path("open.secret"), 0644), 0);
}

static void write_policies(void)
{
	write_file("any.lua", "return { decide = function() end }");
	write_file("talkative.lua",
		   "return { plugin = 'talk', reads = { 'topic', 'header.to', 'source' }, pools = { 'base' },\n"
		   "options = { words = { type = 'map', of = 'pool' }, wait = { type = 'duration', default = '3s' },\n"
		   "tags = { type = 'list', of = 'string', default = { 'x' } }, loud = { type = 'boolean' },\n"
		   "share = { type = 'number', required = true } }, decide = function() end }");
	write_file("editor.lua", "return { edits = { 'X-One', 'From' }, decide = function() end }");
	write_file("willing.lua", "return { options = { names = { type = 'list', of = 'header', default = {} } },\n"
				  "edits = function(o) return o.names end, decide = function() end }");
	write_file("foreign.lua", "return { plugin = 'song', decide = function() end }");
	write_file("curious.lua", "return { reads = { 'topic', 'tune' }, decide = function() end }");
	write_file("broken.lua", "return {\n");
	write_file("garbage.pem", "no certificate\n");
}

int config_rig_make(void **state)
{
	(void)state;
	certs_dir_make(dir);
	snprintf(policies, sizeof policies, "%s", dir);
	write_certificates();
	write_policies();
	write_secrets();
	return 0;
}

int config_rig_end(void **state)
{
	(void)state;
	certs_dir_remove(dir);
	return 0;
}

int config_rig_load_file(struct snapshot **s, const char *file, struct problems *problems)
{
	*s = NULL;
	return config_load(s, file, &paths, problems);
}

int config_rig_load(struct snapshot **s, const char *text, struct problems *problems)
{
	write_file("test.conf", text);
	return config_rig_load_file(s, config_rig_path("test.conf"), problems);
}

void config_rig_print(const struct problems *p)
{
	for (unsigned i = 0; i < p->n; i++)
		print_message("%s:%d: %s (%s)\n", p->list[i].file, p->list[i].line, p->list[i].text, p->list[i].hint);
}

struct snapshot *config_rig_right(const char *text)
{
	struct problems problems;
	struct snapshot *s;
	int ret = config_rig_load(&s, text, &problems);

	config_rig_print(&problems);
	assert_int_equal(ret, 0);
	assert_int_equal(problems.n, 0);
	problems_free(&problems);
	return s;
}

void check_wrong(const struct wrong *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct wrong *c = &cases[i];
		struct problems problems;
		struct snapshot *s;
		char text[4096];
		bool right;

		snprintf(text, sizeof text, "%s%s", c->config, BASE);
		assert_int_equal(config_rig_load(&s, text, &problems), -EINVAL);
		assert_null(s);
		right = problems.n == 1 && problems.list[0].line == c->line && strstr(problems.list[0].text, c->text) &&
			(!c->hint || (problems.list[0].hint && strstr(problems.list[0].hint, c->hint)));
		if (!right) {
			config_rig_print(&problems);
			fail_msg("%s\nis to give line %d: %s (%s)", c->config, c->line, c->text, c->hint);
		}
		problems_free(&problems);
	}
}
