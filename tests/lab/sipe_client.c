/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sipe_client.c: a real Lync client without a screen: libpurple runs one account of pidgin-sipe (NTLM over TLS) and
 * keeps it signed in, as Pidgin would.  The server's certificate is verified against one authority and the server's
 * name.
 *
 *     sipe_client FOLDER USER@DOMAIN,DOMAIN\USER PASSWORD SERVER-NAME PORT ADDRESS AUTHORITY.pem
 *
 * The name is sent as SNI and not looked up: it is at the address.  What happens is told on stdout, one event a line:
 * signed-on, signed-off, error TEXT, im FROM TEXT, and of each message from the server that needs a signature:
 * signature good | missing | wrong.  Lines "im WHO TEXT" on stdin are sent as instant messages; the end of stdin ends
 * the program. The log of libpurple goes to stderr.  SIPE_FOLDER is where the plugin is.
 */
#include <arpa/inet.h>
#include <glib.h>
#include <locale.h>
#include <purple.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_S = 1, USAGE = 2 };

static const char ui[] = "lab";

/* libpurple's callbacks mostly carry nothing of ours. */
static struct {
	GMainLoop *loop;
	PurpleAccount *account;
	struct in_addr address;
} client;

/* One event; line ends inside it would make two. */
G_GNUC_PRINTF(1, 2) static void tell(const char *format, ...)
{
	va_list args;
	char *line;

	va_start(args, format);
	line = g_strdup_vprintf(format, args);
	va_end(args);
	puts(g_strdelimit(line, "\r\n", ' '));
	fflush(stdout);
	g_free(line);
}

/* ---- The event loop: libpurple asks for one of its own kind, glib has it ---- */

struct watch {
	PurpleInputFunction ready;
	gpointer data;
};

static gboolean fd_ready(GIOChannel *channel, GIOCondition condition, gpointer data)
{
	const struct watch *w = data;
	int what = 0;

	if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR))
		what |= PURPLE_INPUT_READ;
	if (condition & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL))
		what |= PURPLE_INPUT_WRITE;
	w->ready(w->data, g_io_channel_unix_get_fd(channel), (PurpleInputCondition)what);
	return TRUE;
}

static guint watch_fd(int fd, PurpleInputCondition wanted, PurpleInputFunction ready, gpointer data)
{
	struct watch *w = g_new(struct watch, 1);
	GIOChannel *channel = g_io_channel_unix_new(fd);
	int condition = G_IO_HUP | G_IO_ERR;
	guint id;

	*w = (struct watch){ ready, data };
	if (wanted & PURPLE_INPUT_READ)
		condition |= G_IO_IN;
	if (wanted & PURPLE_INPUT_WRITE)
		condition |= G_IO_OUT | G_IO_NVAL;
	id = g_io_add_watch_full(channel, G_PRIORITY_DEFAULT, (GIOCondition)condition, fd_ready, w, g_free);
	g_io_channel_unref(channel);
	return id;
}

static PurpleEventLoopUiOps loop_ops = {
	.timeout_add = g_timeout_add,
	.timeout_remove = g_source_remove,
	.input_add = watch_fd,
	.input_remove = g_source_remove,
	.timeout_add_seconds = g_timeout_add_seconds,
};

/* ---- The server's name ---- */

/* Every name is at the one address. */
static gboolean resolve(PurpleDnsQueryData *query, PurpleDnsQueryResolvedCallback resolved,
			PurpleDnsQueryFailedCallback failed)
{
	struct sockaddr_in *at = g_new0(struct sockaddr_in, 1);
	GSList *addresses = NULL; /* pairs of length and address, which libpurple frees */

	(void)failed;
	at->sin_family = AF_INET;
	at->sin_port = htons(purple_dnsquery_get_port(query));
	at->sin_addr = client.address;
	addresses = g_slist_append(addresses, GINT_TO_POINTER(sizeof(*at)));
	addresses = g_slist_append(addresses, at);
	resolved(query, addresses);
	return TRUE;
}

static PurpleDnsQueryUiOps dns_ops = { .resolve_host = resolve };

static gboolean trust(const char *file)
{
	PurpleCertificatePool *pool = purple_certificate_find_pool("x509", "ca");
	PurpleCertificateScheme *scheme;
	PurpleCertificate *authority;

	if (!purple_ssl_is_supported() || !pool)
		return FALSE;
	scheme = purple_certificate_find_scheme("x509");
	authority = scheme ? purple_certificate_import(scheme, file) : NULL;
	return authority && purple_certificate_pool_store(pool, ui, authority);
}

/* ---- What the plugin thinks of signatures is only in its log ---- */

static const struct {
	const char *says, *means;
} verdicts[] = {
	{ "signature of incoming message validated", "good" },
	{ "message without authentication data - ignoring", "missing" },
	{ "signature of incoming message is invalid", "wrong" },
};

static void log_line(PurpleDebugLevel level, const char *category, const char *text)
{
	(void)level;
	fprintf(stderr, "%s: %s", category ? category : "-", text);
	for (size_t i = 0; i < G_N_ELEMENTS(verdicts); i++)
		if (strstr(text, verdicts[i].says))
			tell("signature %s", verdicts[i].means);
}

static PurpleDebugUiOps log_ops = { .print = log_line };

/* A log that tells all goes to stdout as well, which is ours. */
static void drop(const char *text)
{
	(void)text;
}

static void open_log(void)
{
	g_set_print_handler(drop);
	purple_debug_set_ui_ops(&log_ops);
	purple_debug_set_enabled(TRUE);
}

/* ---- What happens to the account ---- */

static gboolean sign_on_again(gpointer data)
{
	(void)data;
	if (!purple_account_is_disconnected(client.account))
		return TRUE; /* the old connection is still being cleared away */
	purple_account_connect(client.account);
	return FALSE;
}

static void signed_on(PurpleConnection *connection)
{
	(void)connection;
	tell("signed-on");
}

static void signed_off(PurpleConnection *connection)
{
	(void)connection;
	tell("signed-off");
}

static void failed(PurpleConnection *connection, PurpleConnectionError error, const char *text)
{
	(void)connection;
	tell("error %s", text);
	if (!purple_connection_error_is_fatal(error))
		g_timeout_add_seconds(RETRY_S, sign_on_again, NULL);
}

static void received_im(PurpleAccount *account, char *from, char *text)
{
	char *plain = purple_markup_strip_html(text);

	(void)account;
	tell("im %s %s", from, plain);
	g_free(plain);
}

static void listen_to_account(void)
{
	static int handle;
	void *connections = purple_connections_get_handle();

	purple_signal_connect(connections, "signed-on", &handle, PURPLE_CALLBACK(signed_on), NULL);
	purple_signal_connect(connections, "signed-off", &handle, PURPLE_CALLBACK(signed_off), NULL);
	purple_signal_connect(connections, "connection-error", &handle, PURPLE_CALLBACK(failed), NULL);
	purple_signal_connect(purple_conversations_get_handle(), "received-im-msg", &handle,
			      PURPLE_CALLBACK(received_im), NULL);
}

/* ---- Commands ---- */

static void obey(char *line)
{
	PurpleConnection *connection = purple_account_get_connection(client.account);
	char **words = g_strsplit(g_strchomp(line), " ", 3);

	if (g_strv_length(words) != 3 || strcmp(words[0], "im") != 0)
		tell("error no such command: %s", line);
	else if (!connection || !PURPLE_CONNECTION_IS_CONNECTED(connection))
		tell("error not signed in: %s", line);
	else if (serv_send_im(connection, words[1], words[2], PURPLE_MESSAGE_SEND) < 0)
		tell("error not sent: %s", line);
	g_strfreev(words);
}

static gboolean read_command(GIOChannel *in, GIOCondition condition, gpointer data)
{
	char *line = NULL;

	(void)condition;
	(void)data;
	if (g_io_channel_read_line(in, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
		g_main_loop_quit(client.loop);
		return FALSE;
	}
	obey(line);
	g_free(line);
	return TRUE;
}

/* ---- The story ---- */

static int begin(char **arg)
{
	if (!inet_aton(arg[6], &client.address)) {
		fprintf(stderr, "sipe_client: no address: %s\n", arg[6]);
		return USAGE;
	}
	purple_util_set_user_dir(arg[1]);
	purple_eventloop_set_ui_ops(&loop_ops);
	purple_dnsquery_set_ui_ops(&dns_ops);
	open_log();
	purple_plugins_add_search_path(SIPE_FOLDER); /* its own plugins libpurple finds by itself */
	if (!purple_core_init(ui))
		return EXIT_FAILURE;
	purple_set_blist(purple_blist_new());
	if (!purple_find_prpl("prpl-sipe")) {
		fprintf(stderr, "sipe_client: no pidgin-sipe in " SIPE_FOLDER "\n");
		return EXIT_FAILURE;
	}
	if (!trust(arg[7])) {
		fprintf(stderr, "sipe_client: %s cannot be trusted\n", arg[7]);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static void sign_on(char **arg)
{
	char *server = g_strdup_printf("%s:%s", arg[4], arg[5]);

	client.account = purple_account_new(arg[2], "prpl-sipe");
	purple_account_set_password(client.account, arg[3]);
	purple_account_set_string(client.account, "server", server);
	purple_account_set_string(client.account, "transport", "tls");
	purple_account_set_string(client.account, "authentication", "ntlm");
	purple_account_set_bool(client.account, "sso", FALSE);
	purple_accounts_add(client.account);
	purple_account_set_enabled(client.account, ui, TRUE);
	purple_savedstatus_activate(purple_savedstatus_new(NULL, PURPLE_STATUS_AVAILABLE));
	g_free(server);
}

int main(int argc, char **argv)
{
	GIOChannel *in;
	int ret;

	if (argc != 8) {
		fprintf(stderr, "usage: sipe_client FOLDER ACCOUNT PASSWORD SERVER-NAME PORT ADDRESS AUTHORITY.pem\n");
		return USAGE;
	}
	setlocale(LC_ALL, "C.UTF-8");
	client.loop = g_main_loop_new(NULL, FALSE);
	ret = begin(argv);
	if (ret != EXIT_SUCCESS)
		return ret;
	listen_to_account();
	sign_on(argv);
	in = g_io_channel_unix_new(0);
	g_io_add_watch(in, G_IO_IN | G_IO_HUP | G_IO_ERR, read_command, NULL);
	g_main_loop_run(client.loop);
	purple_core_quit(); /* signs off */
	return EXIT_SUCCESS;
}
