/* SPDX-License-Identifier: Apache-2.0 */
/* "[?]Name=value" -> (sv). */
#include "systemd/systemd.h"

#include "plan/variant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const char *property)
{
	return property + (property[0] == '?');
}

static int append_variant(sd_bus_message *m, const struct variant *v);

static int append_container(sd_bus_message *m, const struct variant *v, char type,
			    const char *contents)
{
	int r = sd_bus_message_open_container(m, type, contents);

	for (size_t i = 0; i < v->n && r >= 0; i++)
		r = append_variant(m, v->items[i]);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* "(ss)" -> "ss" */
static int append_parts(sd_bus_message *m, const struct variant *v, char type)
{
	char parts[256];
	size_t n = strlen(v->signature) - 2;

	if (n >= sizeof(parts))
		return -EINVAL;
	memcpy(parts, v->signature + 1, n);
	parts[n] = '\0';
	return append_container(m, v, type, parts);
}

static int append_int(sd_bus_message *m, const struct variant *v)
{
	union {
		uint8_t y;
		uint16_t q;
		uint32_t u;
		uint64_t t;
		double d;
	} x = {0};
	uint64_t value = v->negative ? 0 - v->u : v->u;

	switch (v->signature[0]) {
	case 'y': x.y = (uint8_t)value; break;
	case 'n':
	case 'q': x.q = (uint16_t)value; break;
	case 'i':
	case 'u': x.u = (uint32_t)value; break;
	case 'x':
	case 't': x.t = value; break;
	default: x.d = v->d; break;
	}
	return sd_bus_message_append_basic(m, v->signature[0], &x);
}

static int append_variant(sd_bus_message *m, const struct variant *v)
{
	int truth = v->u != 0;

	switch (v->kind) {
	case VARIANT_BOOL: return sd_bus_message_append_basic(m, 'b', &truth);
	case VARIANT_INT: return append_int(m, v);
	case VARIANT_DOUBLE: return sd_bus_message_append_basic(m, 'd', &v->d);
	case VARIANT_STRING: return sd_bus_message_append_basic(m, v->signature[0], v->s);
	case VARIANT_ARRAY: return append_container(m, v, 'a', v->signature + 1);
	case VARIANT_TUPLE: return append_parts(m, v, 'r');
	case VARIANT_ENTRY: return append_parts(m, v, 'e');
	case VARIANT_BOXED: return append_container(m, v, 'v', v->items[0]->signature);
	}
	return -EINVAL;
}

/* "/dev/char/136:*", which systemd calls by the driver's name: "char-pts". NULL when no driver has
 * this number now. */
static const char *device_class(struct arena *a, const char *type, unsigned long major)
{
	_cleanup_file_ FILE *f = fopen("/proc/devices", "re");
	bool in = false;
	char line[256], *end;

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long n = strtoul(line, &end, 10);

		if (!strncmp(line, "Character", 9) || !strncmp(line, "Block", 5))
			in = line[0] == (type[0] == 'c' ? 'C' : 'B');
		else if (in && end != line && n == major)
			return arena_printf(a, "%s-%.*s", type, (int)strcspn(end + 1, "\n"),
					    end + 1);
	}
	return NULL;
}

/* False: an entry of DeviceAllow that names nothing here. */
static bool resolve_device(struct session *s, const struct variant *v)
{
	struct variant *path = v->items[0]->items[0];
	bool is_char = !strncmp(path->s, "/dev/char/", 10);
	char *end;
	unsigned long major;

	if (!is_char && strncmp(path->s, "/dev/block/", 11) != 0)
		return true;
	major = strtoul(strrchr(path->s, '/') + 1, &end, 10);
	if (strcmp(end, ":*") != 0)
		return true;
	path->s = device_class(&s->a, is_char ? "char" : "block", major);
	return path->s != NULL;
}

static int append_one(struct session *s, sd_bus_message *m, const char *property)
{
	const char *name = name_of(property), *eq = strchr(name, '='), *why = "";
	const struct variant *v = eq ? variant_parse(&s->a, eq + 1, &why) : NULL;
	const char *key = v ? arena_strndup(&s->a, name, (size_t)(eq - name)) : NULL;
	int r;

	if (!key)
		return session_fail(s, UNIT_STAGE_REQUEST, EINVAL, NULL, "property \"%.100s\": %s",
				    property, why);
	if (!strcmp(key, "DeviceAllow") && !strcmp(v->signature, "a(ss)") && v->n == 1 &&
	    !resolve_device(s, v))
		return 0;
	r = sd_bus_message_open_container(m, 'r', "sv");
	if (r >= 0)
		r = sd_bus_message_append_basic(m, 's', key);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'v', v->signature);
	if (r >= 0)
		r = append_variant(m, v);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? session_fail(s, UNIT_STAGE_REQUEST, -r, NULL, "property \"%.100s\"",
				    property)
		     : 0;
}

int property_append(struct session *s, sd_bus_message *m, const char *const *properties, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && !r; i++)
		if (*properties[i])
			r = append_one(s, m, properties[i]);
	return r;
}

/* "Cannot set property CPUQuotaPeriodUSec, or unknown property." */
static bool has_word(const char *text, const char *word, size_t len)
{
	const char *at = text;

	while ((at = strstr(at, word))) {
		bool begins = at == text || strchr(" '\"", at[-1]);

		if (begins && strchr(" ,.'\"", at[len]))
			return true;
		at++;
	}
	return false;
}

int property_blamed(const char *const *properties, size_t n, const sd_bus_error *e)
{
	char word[128];

	for (size_t i = 0; i < n && e->message; i++) {
		const char *name = name_of(properties[i]);
		size_t len = strcspn(name, "=");

		if (properties[i][0] != '?' || len >= sizeof(word))
			continue;
		memcpy(word, name, len);
		word[len] = '\0';
		if (has_word(e->message, word, len))
			return (int)i;
	}
	return -1;
}
