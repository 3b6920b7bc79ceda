/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c reads the values of a plugin's option tables into its conf structs.  It knows types, ranges and units;
 * which option a word means, and where a wrong one stands, is config's affair.
 */
#include "plugins.h"

#include "address.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit times[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 60 * 60 * 1000 }, { NULL }
};
static const struct unit sizes[] = { { "", 1 }, { "k", 1024 }, { "M", 1024 * 1024 }, { NULL } };
static const struct unit counts[] = { { "", 1 }, { NULL } };

/* A whole number with one of the units; a bare 0 needs none. */
static int parse(const char *text, const struct unit *units, int64_t *n)
{
	char *end;

	if (text[0] == '\0' || strchr("0123456789-", text[0]) == NULL)
		return -EINVAL;
	errno = 0;
	*n = strtoll(text, &end, 10);
	if (errno != 0 || end == text)
		return -EINVAL;
	if (*n == 0 && *end == '\0')
		return 0;
	for (; units->name; units++) {
		if (strcmp(end, units->name) == 0)
			return __builtin_mul_overflow(*n, units->factor, n) ? -EINVAL : 0;
	}
	return -EINVAL;
}

static int set_number(const struct lg_option *o, void *at, const char *text, char err[], size_t errlen)
{
	static const struct {
		const struct unit *units;
		const char *what;
	} kinds[] = {
		[LG_INT] = { counts, "whole number" },
		[LG_MSEC] = { times, "time, like \"500ms\", \"5s\", \"10m\" or \"2h\"" },
		[LG_BYTES] = { sizes, "size, like 4096, \"64k\" or \"5M\"" },
	};
	int64_t n;

	if (parse(text, kinds[o->type].units, &n) < 0) {
		snprintf(err, errlen, "\"%s\" is not a %s", text, kinds[o->type].what);
		return -EINVAL;
	}
	if (n < 0 && o->type != LG_INT) {
		snprintf(err, errlen, "\"%s\" is below 0", text);
		return -EINVAL;
	}
	if ((o->min != 0 || o->max != 0) && (n < o->min || n > o->max)) {
		snprintf(err, errlen, "\"%s\" is not in the range from %" PRId64 " to %" PRId64 "%s", text, o->min,
			 o->max,
			 o->type == LG_MSEC    ? " ms"
			 : o->type == LG_BYTES ? " bytes"
					       : "");
		return -EINVAL;
	}
	*(int64_t *)at = n;
	return 0;
}

static int set_bool(void *at, const char *text, char err[], size_t errlen)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
		snprintf(err, errlen, "\"%s\" is neither true nor false", text);
		return -EINVAL;
	}
	*(bool *)at = text[0] == 't';
	return 0;
}

static int set_string(void *at, const char *text, char err[], size_t errlen)
{
	char **string = at, *copy = strdup(text);

	if (!copy) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	free(*string);
	*string = copy;
	return 0;
}

static void say_choices(const struct lg_option *o, const char *text, char err[], size_t errlen)
{
	size_t n = (size_t)snprintf(err, errlen, "\"%s\" is not one of", text);

	for (int i = 0; o->choices[i] && n < errlen; i++)
		n += (size_t)snprintf(err + n, errlen - n, "%s \"%s\"", i > 0 ? "," : "", o->choices[i]);
}

static int set_choice(const struct lg_option *o, void *at, const char *text, char err[], size_t errlen)
{
	for (int i = 0; o->choices[i]; i++) {
		if (strcmp(o->choices[i], text) == 0) {
			*(int *)at = i;
			return 0;
		}
	}
	say_choices(o, text, err, errlen);
	return -EINVAL;
}

/* The port that `text` begins with, and moves behind it; 0: there is none. */
static uint16_t parse_port(const char **text)
{
	unsigned n = 0;

	for (; **text >= '0' && **text <= '9' && n <= UINT16_MAX; (*text)++)
		n = n * 10 + (unsigned)(**text - '0');
	return n <= UINT16_MAX ? (uint16_t)n : 0;
}

static int set_ports(void *at, const char *text, char err[], size_t errlen)
{
	const char *p = text;
	struct lg_ports ports = { .first = parse_port(&p) };

	if (*p == '-') {
		p++;
		ports.last = parse_port(&p);
	}
	if (!ports.first || !ports.last || *p) {
		snprintf(err, errlen, "\"%s\" is not a range of ports from 1 to 65535, like \"50000-50999\"", text);
		return -EINVAL;
	}
	if (ports.first > ports.last) {
		snprintf(err, errlen, "\"%s\" ends before it begins", text);
		return -EINVAL;
	}
	*(struct lg_ports *)at = ports;
	return 0;
}

/* One network after the other; commas and spaces between them. */
static int read_nets(struct lg_net *list, size_t *n, char *text, char err[], size_t errlen)
{
	char *save, *one = strtok_r(text, ", ", &save);

	for (*n = 0; one; one = strtok_r(NULL, ", ", &save)) {
		if (address_parse_net(&list[(*n)++], one, NULL) < 0) {
			snprintf(err, errlen, "\"%s\" is not a network, like \"10.0.0.0/8\" or \"2001:db8::/32\"", one);
			return -EINVAL;
		}
	}
	return 0;
}

static int set_nets(void *at, const char *text, char err[], size_t errlen)
{
	struct lg_nets *nets = at;
	char *copy = strdup(text);
	struct lg_net *list = calloc(strlen(text) / 2 + 1, sizeof *list);
	size_t n = 0;
	int ret = copy && list ? read_nets(list, &n, copy, err, errlen) : -ENOMEM;

	if (ret == -ENOMEM)
		snprintf(err, errlen, "out of memory");
	free(copy);
	if (ret < 0) {
		free(list);
		return ret;
	}
	free((void *)nets->list);
	*nets = (struct lg_nets){ list, n };
	return 0;
}

int options_set(const struct lg_option *option, void *conf, const char *text, char err[], size_t errlen)
{
	void *at = (char *)conf + option->offset;

	switch (option->type) {
	case LG_BOOL:
		return set_bool(at, text, err, errlen);
	case LG_STR:
		return set_string(at, text, err, errlen);
	case LG_ENUM:
		return set_choice(option, at, text, err, errlen);
	case LG_INT:
	case LG_MSEC:
	case LG_BYTES:
		return set_number(option, at, text, err, errlen);
	case LG_PORTS:
		return set_ports(at, text, err, errlen);
	case LG_NETS:
		return set_nets(at, text, err, errlen);
	case LG_ROUTES: /* the core's, see routes.h */
		break;
	}
	snprintf(err, errlen, "the plugin's option has no type of this version");
	return -EINVAL;
}

int options_defaults(const struct lg_option *table, void *conf)
{
	char err[64];
	int ret;

	for (const struct lg_option *o = table; o && o->name; o++) {
		if (!o->def)
			continue;
		ret = options_set(o, conf, o->def, err, sizeof err);
		if (ret < 0) {
			options_free(table, conf);
			return ret;
		}
	}
	return 0;
}

void options_free(const struct lg_option *table, void *conf)
{
	for (const struct lg_option *o = table; conf && o && o->name; o++) {
		void *at = (char *)conf + o->offset;

		if (o->type == LG_STR) {
			free(*(char **)at);
			*(char **)at = NULL;
		} else if (o->type == LG_NETS) {
			free((void *)((struct lg_nets *)at)->list);
			*(struct lg_nets *)at = (struct lg_nets){ 0 };
		}
	}
}

size_t options_width(enum lg_type type)
{
	switch (type) {
	case LG_BOOL:
		return sizeof(bool);
	case LG_STR:
		return sizeof(char *);
	case LG_ENUM:
		return sizeof(int);
	case LG_INT:
	case LG_MSEC:
	case LG_BYTES:
		return sizeof(int64_t);
	case LG_PORTS:
		return sizeof(struct lg_ports);
	case LG_NETS:
		return sizeof(struct lg_nets);
	case LG_ROUTES:
		return 0;
	}
	return 0;
}

const struct lg_option *options_find(const struct lg_option *table, const char *name)
{
	for (const struct lg_option *o = table; o && o->name; o++) {
		if (strcmp(o->name, name) == 0)
			return o;
	}
	return NULL;
}
