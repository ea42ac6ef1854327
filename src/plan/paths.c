/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths by their letters alone: masked and read-only paths, the lexical cleaning of paths, and
 * guesses at mistyped names.
 */
#include "plan/builder.h"
#include "plan/mounts.h"

#include <string.h>

/* More than any engine lists (Docker: 12), and few enough to keep a hostile config from holding up
 * the host. */
#define PATHS_MAX 4096

#define GUESS_MAX 48

/* Append component [s, s+len) to the clean path in @out of @n bytes; "." and ".." are resolved.
 * Returns the new length. */
static size_t clean_component(char *out, size_t n, const char *s, size_t len)
{
	if (len == 0 || (len == 1 && s[0] == '.'))
		return n;
	if (len == 2 && s[0] == '.' && s[1] == '.') {
		while (n > 0 && out[--n] != '/')
			;
		return n;
	}
	out[n++] = '/';
	memcpy(out + n, s, len);
	return n + len;
}

const char *plan_clean_path(struct builder *b, const char *path)
{
	char *out = arena_alloc(&b->scratch, strlen(path) + 2);
	size_t n = 0;

	if (!out) {
		b->pool.failed = true;
		return "/";
	}
	while (*path) {
		size_t len = strcspn(path, "/");

		n = clean_component(out, n, path, len);
		path += len;
		path += *path == '/';
	}
	if (n == 0)
		out[n++] = '/';
	out[n] = '\0';
	return out;
}

const char *plan_bundle_path(struct builder *b, const char *path)
{
	if (path[0] == '/')
		return path;
	path = builder_ptr(b, "%s/%s", b->opt->bundle, path);
	return strstr(path, "..") ? path : plan_clean_path(b, path);
}

bool path_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (n == 1)
		return true;
	return !strncmp(path, dir, n) && (path[n] == '/' || path[n] == '\0');
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edit distance (Levenshtein) of two strings of at most GUESS_MAX bytes. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned row[GUESS_MAX + 1];

	for (size_t k = 0; k <= nb; k++)
		row[k] = (unsigned)k;
	for (size_t i = 1; i <= na; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t k = 1; k <= nb; k++) {
			unsigned old = row[k];

			row[k] = min3(old + 1, row[k - 1] + 1, diagonal + (a[i - 1] != b[k - 1]));
			diagonal = old;
		}
	}
	return row[nb];
}

const char *plan_guess(const char *s, const char *const *names)
{
	const char *best = NULL;
	size_t n = strlen(s);
	unsigned limit = n < 3 ? 0 : n < 6 ? 1 : 2;

	if (n > GUESS_MAX)
		return NULL;
	for (; *names; names++) {
		size_t len = strlen(*names);
		unsigned d;

		if (len > GUESS_MAX)
			continue;
		d = distance(s, n, *names, len);
		if (d > limit)
			continue;
		best = *names;
		if (d == 0)
			break;
		limit = d - 1; /* the first of equally near ones stays */
	}
	return best;
}

static bool is_among(const char *path, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(path, paths[i]))
			return true;
	return false;
}

/* @clean: those before it, cleaned; it is added. One that is listed twice is covered once. */
static void compile_path(struct builder *b, enum plan_kind kind, const char *key, size_t i,
			 const char *path, const char **clean)
{
	const char *pointer = builder_ptr(b, "/linux/%s/%zu", key, i);
	struct plan_text *step;

	clean[i] = plan_clean_path(b, path);
	if (path[0] != '/') {
		builder_fault(b, pointer, "\"%s\" is not an absolute path", path);
		return;
	}
	path = clean[i];
	if (is_among(path, clean, i))
		return;
	if (!strcmp(path, "/")) {
		builder_fault(b, pointer,
			      "the root directory cannot be listed here; for a read-only one set "
			      "root.readonly");
		return;
	}
	step = BUILDER_STEP(b, struct plan_text, kind, PLAN_INIT, pointer);
	step->text = builder_str(b, path);
	step->flag = 1;
}

static void compile_list(struct builder *b, enum plan_kind kind, const char *key,
			 const struct oci_strings *paths)
{
	const char **clean = arena_calloc(&b->scratch, paths->n + 1, sizeof(*clean));

	if (!clean) {
		b->pool.failed = true;
		return;
	}
	if (paths->n > PATHS_MAX) {
		builder_fault(b, builder_ptr(b, "/linux/%s", key),
			      "%zu paths are too many (at most %d)", paths->n, PATHS_MAX);
		return;
	}
	for (size_t i = 0; i < paths->n; i++)
		compile_path(b, kind, key, i, paths->items[i], clean);
}

const char *plan_rootfs(struct builder *b)
{
	const struct oci_root *root = b->config->root;

	if (!root || !root->path)
		return "/";
	return root->path[0] == '/' ? root->path
				    : builder_ptr(b, "%s/%s", b->opt->bundle, root->path);
}

const char *plan_below_rootfs(struct builder *b, const char *path)
{
	const char *root = plan_clean_path(b, plan_rootfs(b));
	size_t n = strlen(root);

	if (!strcmp(root, "/") || !path_is_below(path, root))
		return NULL;
	return path[n] ? path + n : "/";
}

void compile_paths(struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;

	mounts_seal(b);
	if (!l)
		return;
	compile_list(b, PLAN_READONLY_PATH, "readonlyPaths", &l->readonly_paths);
	compile_list(b, PLAN_MASK_PATH, "maskedPaths", &l->masked_paths);
}
