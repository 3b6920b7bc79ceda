/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of gateway/xml.c: what is told, what is refused, and that nothing is ever opened. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "xml.h"

/* What a sink was told, as text. */
struct told {
	char text[4096];
	size_t n;
	unsigned depth;
};

static void put(struct told *t, const char *text, size_t n)
{
	n = n < sizeof t->text - 1 - t->n ? n : sizeof t->text - 1 - t->n;
	memcpy(t->text + t->n, text, n);
	t->n += n;
	t->text[t->n] = '\0';
}

static void open_element(void *arg, const char *name, const char *namespace, const struct xml_attribute attributes[],
			 unsigned n)
{
	struct told *t = arg;

	t->depth++;
	put(t, "(", 1);
	put(t, name, strlen(name));
	if (namespace[0]) {
		put(t, "@", 1);
		put(t, namespace, strlen(namespace));
	}
	for (unsigned i = 0; i < n; i++) {
		put(t, " ", 1);
		put(t, attributes[i].name, strlen(attributes[i].name));
		put(t, "=", 1);
		put(t, attributes[i].value, attributes[i].length);
	}
	put(t, ":", 1);
}

static void add_text(void *arg, const char *text, size_t length)
{
	put(arg, text, length);
}

static void close_element(void *arg)
{
	struct told *t = arg;

	assert_true(t->depth > 0);
	t->depth--;
	put(t, ")", 1);
}

static const struct xml_sink sink = { .open = open_element, .text = add_text, .close = close_element };

static int read_bytes(const char *text, size_t n, struct told *t, char err[300])
{
	memset(t, 0, sizeof *t);
	err[0] = '\0';
	return xml_read(text, n, &sink, t, err, 300);
}

static void expect(const char *text, const char *said)
{
	struct told t;
	char err[300];

	assert_int_equal(read_bytes(text, strlen(text), &t, err), 0);
	assert_string_equal(t.text, said);
	assert_int_equal(t.depth, 0);
}

static void refuse_bytes(const char *text, size_t n, const char *why)
{
	struct told t;
	char err[300];

	assert_int_equal(read_bytes(text, n, &t, err), -EINVAL);
	assert_non_null(strstr(err, why));
}

static void refuse(const char *text, const char *why)
{
	refuse_bytes(text, strlen(text), why);
}

static void test_elements(void **state)
{
	(void)state;
	expect("<a/>", "(a:)");
	expect("<?xml version='1.0'?><!-- x --><?y z?><a b='1' c=\"2\">t<d/>u</a>", "(a b=1 c=2:t(d:)u)");
	expect("<a xmlns='urn:x' xmlns:p='urn:y'><b p:c='1'/><p:d/></a>", "(a@urn:x:(b@urn:x c=1:)(d@urn:y:))");
	expect("<a><![CDATA[<b>&c;]]></a>", "(a:<b>&c;)");
	expect("<a b='&lt;&amp;&#38;&#x41;&quot;'>&gt;&amp;&#65;</a>", "(a b=<&&A\":>&A)");
	expect("<a b='&amp;&amp;amp;&amp;#38;'/>", "(a b=&&amp;&#38;:)");
	expect("<a b='x\ty&#10;z'/>", "(a b=x y\nz:)");
}

static void test_encodings(void **state)
{
	static const char le[] = "\xff\xfe<\0a\0 \0b\0=\0'\0\xe4\0'\0/\0>\0";
	static const char be[] = "\xfe\xff\0<\0a\0/\0>";
	struct told t;
	char err[300];

	(void)state;
	assert_int_equal(read_bytes(le, sizeof le - 1, &t, err), 0);
	assert_string_equal(t.text, "(a b=\xc3\xa4:)");
	assert_int_equal(read_bytes(be, sizeof be - 1, &t, err), 0);
	expect("\xef\xbb\xbf<a/>", "(a:)");
	expect("<?xml version='1.0' encoding='iso-8859-1'?><a>\xe4</a>", "(a:\xc3\xa4)");
	refuse("<a>\xe4</a>", "UTF-8");
	refuse("<?xml version='1.0' encoding='x-none'?><a/>", "line 1");
	refuse_bytes(le, sizeof le - 2, "line 1");
}

/* ---- Nothing is opened ---- */

static unsigned opened;

static xmlParserInput *count_opened(const char *url, const char *id, xmlParserCtxt *parser)
{
	(void)url, (void)id, (void)parser;
	opened++;
	return NULL;
}

static void test_types(void **state)
{
	(void)state;
	opened = 0;
	xmlSetExternalEntityLoader(count_opened);
	refuse("<!DOCTYPE a><a/>", "<!DOCTYPE");
	refuse("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "<!DOCTYPE");
	refuse("<!DOCTYPE a PUBLIC 'x' 'y'><a/>", "<!DOCTYPE");
	refuse("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "<!DOCTYPE");
	refuse("<!DOCTYPE a [<!ENTITY % b SYSTEM 'file:///etc/passwd'>%b;]><a/>", "<!DOCTYPE");
	refuse("\n\n<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;'>]><a>&c;</a>", "line 3: ");
	refuse("<a>&b;</a>", "Entity 'b'");
	refuse("<a b='&c;'/>", "Entity 'c'");
	expect("<a xmlns:i='http://www.w3.org/2001/XInclude'><i:include href='/etc/passwd'/></a>",
	       "(a:(include@http://www.w3.org/2001/XInclude href=/etc/passwd:))");
	assert_int_equal(opened, 0);
}

/* ---- Limits ---- */

/* before, n times middle, after. */
static char *long_text(const char *before, const char *middle, size_t n, const char *after)
{
	size_t size = strlen(before) + strlen(middle) * n + strlen(after) + 1;
	char *text = malloc(size), *at = text;

	assert_non_null(text);
	at = stpcpy(at, before);
	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, middle);
	stpcpy(at, after);
	return text;
}

static void refuse_long(const char *before, const char *middle, size_t n, const char *after, const char *why)
{
	char *text = long_text(before, middle, n, after);

	refuse(text, why);
	free(text);
}

static void take_long(const char *before, const char *middle, size_t n, const char *after)
{
	char *text = long_text(before, middle, n, after), err[300];
	struct told t;

	assert_int_equal(read_bytes(text, strlen(text), &t, err), 0);
	free(text);
}

static void test_limits(void **state)
{
	char *many = malloc(16 * (XML_ATTRIBUTES + 2)), *at = many;

	(void)state;
	assert_non_null(many);
	refuse("", "empty");
	refuse_long("", " ", XML_BYTES + 1, "", "32 MiB");
	refuse_long("", "<a>", XML_DEPTH + 1, "", "64 deep");
	refuse_long("", "<a>", XML_DEPTH, "", "line 1");
	take_long("<a>", "<b/>", XML_ELEMENTS - 1, "</a>");
	refuse_long("<a>", "<b/>", XML_ELEMENTS, "</a>", "250000 elements");
	take_long("<a b='", "x", XML_VALUE, "'/>");
	refuse_long("<a b='", "x", XML_VALUE + 1, "'/>", "65536 bytes");
	take_long("<a>", "x", XML_VALUE, "</a>");
	refuse_long("<a>", "x", XML_VALUE + 1, "</a>", "65536 bytes");
	refuse_long("<a><![CDATA[", "x", XML_VALUE + 1, "]]></a>", "65536 bytes");
	at = stpcpy(at, "<a");
	for (int i = 0; i <= XML_ATTRIBUTES; i++)
		at += sprintf(at, " b%d=''", i);
	stpcpy(at, "/>");
	refuse(many, "64 attributes");
	free(many);
}

static void test_broken(void **state)
{
	(void)state;
	refuse("a", "line 1");
	refuse("<a>", "line 1");
	refuse("<a></b>", "line 1");
	refuse("<a/><b/>", "line 1");
	refuse("<a b='1' b='2'/>", "line 1");
	refuse("<a>\n\n<b", "line 3");
	refuse("<a>\x1b[31m</a>", "line 1");
	refuse_bytes("<a>\0</a>", 8, "line 1");
}

/* Anything may come of a document in which something was changed, but one of the two, and each open closed. */
static void test_mutations(void **state)
{
	static const char seed[] = "<?xml version='1.0'?><T xmlns='urn:x' a='1&amp;2'><b c='d'>text "
				   "&lt;</b><![CDATA[e]]><f/><!-- g --></T>";
	static const char *const parts[] = { "<",   ">",        "&",    "'",   "&#", "<!DOCTYPE a [<!ENTITY b 'c'>",
					     "]]>", "\xff\xfe", "\xc3", "</T>" };
	unsigned good = 0;
	char text[sizeof seed + 64], err[300];
	struct told t;

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		const char *part = parts[(unsigned)rand() % (sizeof parts / sizeof parts[0])];
		size_t at = (unsigned)rand() % (sizeof seed - 1), skip = (unsigned)rand() % 4, n = 0;
		int r;

		memcpy(text, seed, at);
		n = at + (size_t)sprintf(text + at, "%s", rand() % 3 ? part : "");
		skip = skip < sizeof seed - 1 - at ? skip : sizeof seed - 1 - at;
		memcpy(text + n, seed + at + skip, sizeof seed - 1 - at - skip);
		n += sizeof seed - 1 - at - skip;
		r = read_bytes(text, n, &t, err);
		assert_true(r == 0 ? t.depth == 0 : r == -EINVAL && err[0] && !strchr(err, '\n'));
		good += r == 0;
	}
	assert_true(good > 100 && good < 19000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements), cmocka_unit_test(test_encodings), cmocka_unit_test(test_types),
		cmocka_unit_test(test_limits),   cmocka_unit_test(test_broken),    cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
