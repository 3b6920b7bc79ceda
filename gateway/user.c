/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user.c gives the rights of root away.  It calls the kernel itself: of all that belongs together here the capability
 * libraries leave some out or want it in another order.  When: gateway.c; what has to be open before: there, too.
 */
#include "user.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"

#define CAP_BIT(capability) (UINT64_C(1) << (capability))

/* ---- Who ---- */

static int take(struct user *u, const char *name, uid_t uid, gid_t gid)
{
	u->name = strdup(name);
	u->uid = uid;
	u->gid = gid;
	return u->name ? 0 : -ENOMEM;
}

static int find_self(struct user *u)
{
	const struct passwd *p = getpwuid(geteuid());
	char number[24];

	snprintf(number, sizeof number, "%u", (unsigned)geteuid());
	return take(u, p ? p->pw_name : number, geteuid(), getegid());
}

int user_find(struct user *u, const char *name, char err[], size_t errlen)
{
	const struct passwd *p;

	if (!name)
		return find_self(u);
	errno = 0;
	p = getpwnam(name);
	if (!p) {
		snprintf(err, errlen, "there is no user \"%s\"%s%s; `useradd --system %s` makes one", name,
			 errno ? ": " : "", errno ? strerror(errno) : "", name);
		return -ENOENT;
	}
	if (p->pw_uid == 0) {
		snprintf(err, errlen, "\"%s\" may do everything; name a user of its own, or leave `user` out", name);
		return -EINVAL;
	}
	u->chosen = true;
	return take(u, p->pw_name, p->pw_uid, p->pw_gid);
}

int user_check(const struct user *u, char err[], size_t errlen)
{
	struct user self = { 0 };

	if (!u->chosen || geteuid() == 0 || geteuid() == u->uid)
		return 0;
	if (find_self(&self) < 0)
		return -ENOMEM;
	snprintf(err, errlen,
		 "gateway: only root can become the user %s, and %s started this "
		 "(start it as root, or leave out `user`)",
		 u->name, self.name);
	free(self.name);
	return -EPERM;
}

/* ---- Capabilities ---- */

uint64_t user_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capget, &header, data) < 0 ? 0 : data[0].permitted | (uint64_t)data[1].permitted << 32;
}

/* Permitted and effective; none is inherited. */
static int keep(uint64_t set)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{ .permitted = (uint32_t)set, .effective = (uint32_t)set },
		{ .permitted = (uint32_t)(set >> 32), .effective = (uint32_t)(set >> 32) },
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

bool user_is_bound(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

/* The kernel lets only who has CAP_SETPCAP do this; without, no_new_privs has to be enough. */
static void empty_bounds(void)
{
	for (unsigned long c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
		prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
	prctl(PR_SET_SECUREBITS,
	      SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
	      0, 0, 0);
}

/* ---- Becoming it ---- */

static int refuse(int r, const struct user *u, const char *what, char err[], size_t errlen)
{
	snprintf(err, errlen, "gateway: cannot become the user %s: %s: %s%s", u->name, what, strerror(-r),
		 r == -EPERM ? " (it needs CAP_SETUID and CAP_SETGID)" : "");
	return r;
}

/* The capabilities outlive it. */
static int change(const struct user *u, char err[], size_t errlen)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return refuse(-errno, u, "keeping capabilities", err, errlen);
	if (initgroups(u->name, u->gid) < 0 || setresgid(u->gid, u->gid, u->gid) < 0)
		return refuse(-errno, u, "its groups", err, errlen);
	if (setresuid(u->uid, u->uid, u->uid) < 0)
		return refuse(-errno, u, "its number", err, errlen);
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	return 0;
}

int user_become(const struct user *u, bool raw, char err[], size_t errlen)
{
	uint64_t wanted = CAP_BIT(CAP_NET_BIND_SERVICE) | (raw ? CAP_BIT(CAP_NET_RAW) : 0);
	int r = 0;

	if (!u->chosen) {
		if (u->uid == 0)
			log_warning("root", "warning", "the gateway runs as root and can do everything", "hint",
				    "write gateway { user = \"lychgate\" }, a user of its own "
				    "(useradd --system lychgate): root still starts it and binds its ports");
		return 0;
	}
	empty_bounds();
	if (geteuid() == 0)
		r = change(u, err, errlen);
	if (r < 0)
		return r;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	r = keep(wanted & user_capabilities());
	if (r < 0)
		return refuse(r, u, "its capabilities", err, errlen);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return refuse(-errno, u, "no_new_privs", err, errlen);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* keys are in memory: neither a core file nor a debugger of that user's */
	return 0;
}

/* ---- Names ---- */

const char *user_capability_name(unsigned capability)
{
	/* clang-format off */
	static const char *const names[] = {
		"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
		"CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE",
		"CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
		"CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
		"CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
		"CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
		"CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
		"CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
	};
	/* clang-format on */

	return capability < sizeof names / sizeof *names ? names[capability] : NULL;
}
