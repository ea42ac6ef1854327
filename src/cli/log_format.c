/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How errors and log lines look. Texts hold names and output from inside of containers: control
 * characters are escaped everywhere, so that no line can be faked and no terminal be driven.
 */
#include "cli/log.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "ocispec.h"

#include <string.h>

void log_clean(struct buf *out, const char *text)
{
	text_clean(out, text, strlen(text), 0);
}

/* JSON needs UTF-8. */
static void add_utf8(struct buf *out, const char *s)
{
	for (size_t left = strlen(s), n; left; s += n, left -= n) {
		n = text_utf8_len(s, left);
		if (n)
			buf_add(out, s, n);
		else
			buf_adds(out, "\xef\xbf\xbd"), n = 1; /* U+FFFD */
	}
}

/* logrus leaves plain words unquoted */
static bool is_plain_word(const char *s)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/@^+";

	return *s && s[strspn(s, plain)] == '\0';
}

void log_text_line(struct buf *out, time_t t, const char *level, const char *msg)
{
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_printf(out, "time=\"%s\" level=%s msg=", when, level);
	if (is_plain_word(msg)) {
		buf_adds(out, msg);
	} else {
		buf_addc(out, '"');
		text_clean(out, msg, strlen(msg), TEXT_QUOTED);
		buf_addc(out, '"');
	}
	buf_addc(out, '\n');
}

static void json_text(struct oci_json *j, const char *key, const char *value)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;

	if (!value || !*value)
		return;
	add_utf8(&clean, value);
	if (clean.failed || !clean.data)
		return;
	oci_json_key(j, key);
	oci_json_str(j, clean.data);
}

static void json_number(struct oci_json *j, const char *key, unsigned value)
{
	if (!value)
		return;
	oci_json_key(j, key);
	oci_json_u64(j, value);
}

static void json_more(struct oci_json *j, const char *more)
{
	if (!more)
		return;
	oci_json_key(j, "more");
	oci_json_array(j);
	while (*more) {
		size_t len = strcspn(more, "\n");
		_cleanup_buf_ struct buf line = BUF_INIT, clean = BUF_INIT;

		buf_add(&line, more, len);
		if (line.data)
			add_utf8(&clean, line.data);
		if (clean.data && !clean.failed)
			oci_json_str(j, clean.data);
		more += len + (more[len] == '\n');
	}
	oci_json_array_end(j);
}

static void json_fields(struct oci_json *j, const struct hz_error *err)
{
	json_text(j, "code", hz_error_code_name(err->code));
	json_text(j, "file", err->file);
	json_text(j, "pointer", err->pointer);
	json_number(j, "line", err->line);
	json_number(j, "column", err->column);
	json_text(j, "step", err->step);
	json_text(j, "syscall", err->syscall);
	json_text(j, "errno", err->errnum ? error_errno_name(err->errnum) : NULL);
	json_text(j, "object", err->object);
	json_text(j, "kernel", err->kernel);
	json_text(j, "hint", err->hint);
	json_number(j, "faults", err->nfaults > 1 ? err->nfaults : 0);
	json_more(j, err->more);
}

int log_json_line(struct buf *out, const struct timespec *t, const char *level, const char *msg,
		  const struct hz_error *err)
{
	struct oci_json *j = oci_json_new("");
	char when[32] = "", nano[48];
	const char *text;
	struct tm tm;
	size_t len;
	int r;

	if (!j)
		return -1;
	if (gmtime_r(&t->tv_sec, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(nano, sizeof(nano), "%s.%09ldZ", when, t->tv_nsec);
	oci_json_object(j);
	json_text(j, "level", level);
	json_text(j, "msg", msg);
	json_text(j, "time", nano);
	if (err)
		json_fields(j, err);
	oci_json_object_end(j);
	r = oci_json_text(j, &text, &len, NULL);
	if (!r) {
		text_clean(out, text, len, TEXT_LINES); /* DEL, C1: JSON leaves them */
		buf_addc(out, '\n');
	}
	oci_json_free(j);
	return r;
}

/* "config.json:112:18 /mounts/3: " */
static void add_place(struct buf *out, const struct hz_error *err)
{
	if (err->line)
		buf_printf(out, "%s:%u:%u", err->file[0] ? err->file : "config.json", err->line,
			   err->column);
	else
		buf_adds(out, err->file);
	if (err->pointer[0])
		buf_printf(out, "%s%s", err->line || err->file[0] ? " " : "", err->pointer);
	if (err->line || err->file[0] || err->pointer[0])
		buf_adds(out, ": ");
}

/* "… invalid argument" becomes "… invalid argument (EINVAL)" */
static bool ends_with_errno(const struct hz_error *err)
{
	const char *words = err->errnum ? error_strerror(err->errnum) : "";
	size_t len = strlen(err->msg), tail = strlen(words);

	return tail && len >= tail && !strcmp(err->msg + len - tail, words);
}

static void add_error(struct buf *out, const char *what, const struct hz_error *err)
{
	if (what) {
		buf_adds(out, what);
		buf_adds(out, ": ");
	}
	add_place(out, err);
	buf_adds(out, err->msg[0] ? err->msg : hz_error_code_name(err->code));
	if (ends_with_errno(err))
		buf_printf(out, " (%s)", error_errno_name(err->errnum));
}

void log_error_text(struct buf *out, const char *what, const struct hz_error *err)
{
	_cleanup_buf_ struct buf raw = BUF_INIT;

	add_error(&raw, what, err);
	log_clean(out, raw.data ? raw.data : err->msg);
}

void log_error_line(struct buf *out, const char *what, const struct hz_error *err)
{
	add_error(out, what, err);
	if (err->kernel[0])
		buf_printf(out, "; kernel: %s", err->kernel);
	if (err->hint[0])
		buf_printf(out, "; hint: %s", err->hint);
	if (err->nfaults > 1)
		buf_printf(out, "; and %u more fault%s", err->nfaults - 1,
			   err->nfaults > 2 ? "s" : "");
}

static void add_note(struct buf *out, const char *label, const char *text, size_t len)
{
	_cleanup_buf_ struct buf one = BUF_INIT;

	if (!len)
		return;
	buf_add(&one, text, len);
	buf_adds(out, "  ");
	buf_adds(out, label);
	if (one.data)
		log_clean(out, one.data);
	buf_addc(out, '\n');
}

void log_error_people(struct buf *out, const char *what, const struct hz_error *err)
{
	const char *more = err->more ? err->more : "";
	unsigned told = 1;

	/* as runc has it, for those who look for the line; the log has the place and the hint */
	if (err->code == HZ_E_EXEC && !strcmp(err->syscall, "execve")) {
		log_clean(out, err->msg);
		buf_addc(out, '\n');
		return;
	}
	buf_adds(out, "hezi: ");
	log_error_text(out, what, err);
	buf_addc(out, '\n');
	add_note(out, "kernel: ", err->kernel, strlen(err->kernel));
	add_note(out, "hint: ", err->hint, strlen(err->hint));
	while (*more) {
		size_t len = strcspn(more, "\n");

		add_note(out, "", more, len);
		told++;
		more += len + (more[len] == '\n');
	}
	if (err->nfaults > told)
		buf_printf(out, "  … and %u more\n", err->nfaults - told);
}
