/* SPDX-License-Identifier: Apache-2.0 */
/* The documents: which table decodes which, and how state and flat records are written. */
#include "ocispec.h"
#include "decode.h"

#include <string.h>

int oci_config_decode(struct arena *a, const char *text, size_t len, const char *name,
		      struct oci_config **ret, struct hz_error *err)
{
	struct oci_odd_key *odd = NULL;
	const struct document doc = {text, len, name, &odd, ""};
	void *p;
	int rc = decode_document(a, &doc, &oci_config_table, NULL, &p, err);

	*ret = p;
	if (!rc)
		(*ret)->odd_keys = odd;
	return rc;
}

int oci_process_decode(struct arena *a, const char *text, size_t len, const char *name,
		       struct oci_process **ret, struct hz_error *err)
{
	struct oci_odd_key *odd = NULL;
	const struct document doc = {text, len, name, &odd, "/process"};
	void *p;
	int rc = decode_document(a, &doc, &oci_process_table, NULL, &p, err);

	*ret = p;
	if (!rc)
		(*ret)->odd_keys = odd;
	return rc;
}

int oci_resources_decode(struct arena *a, const char *text, size_t len, const char *name,
			 struct oci_resources **ret, struct hz_error *err)
{
	const struct document doc = {text, len, name};
	void *p;
	int rc = decode_document(a, &doc, &oci_resources_table, NULL, &p, err);

	*ret = p;
	return rc;
}

static void key_str(struct oci_json *j, const char *key, const char *v)
{
	if (!v)
		return;
	oci_json_key(j, key);
	oci_json_str(j, v);
}

static void write_map(struct oci_json *j, const struct oci_map *map)
{
	oci_json_object(j);
	for (size_t i = 0; i < map->n; i++) {
		oci_json_key(j, map->items[i].key);
		oci_json_str(j, map->items[i].value);
	}
	oci_json_object_end(j);
}

void oci_state_encode(struct oci_json *j, const struct oci_state *state)
{
	oci_json_object(j);
	key_str(j, "ociVersion", state->oci_version);
	key_str(j, "id", state->id);
	if (state->pid >= 0) {
		oci_json_key(j, "pid");
		oci_json_i64(j, state->pid);
	}
	key_str(j, "status", state->status);
	key_str(j, "bundle", state->bundle);
	key_str(j, "rootfs", state->rootfs);
	key_str(j, "created", state->created);
	if (state->annotations.n) {
		oci_json_key(j, "annotations");
		write_map(j, &state->annotations);
	}
	key_str(j, "owner", state->owner);
	oci_json_object_end(j);
}

/* The kinds of flat records in terms of rows; offsets are those of the fields. */
static const struct oci_row flat_rows[] = {
	[OCI_FIELD_STR] = {.kind = OCI_STR},
	[OCI_FIELD_I64] = {.kind = OCI_I64},
	[OCI_FIELD_U64] = {.kind = OCI_U64},
	[OCI_FIELD_BOOL] = {.kind = OCI_BOOL},
	[OCI_FIELD_STRINGS] = {.kind = OCI_STR, .shape = OCI_LIST},
	[OCI_FIELD_MAP] = {.kind = OCI_STR, .shape = OCI_MAP},
};

int oci_flat_decode(struct arena *a, const char *text, size_t len, const struct oci_flat *kind,
		    void *ret_struct, struct hz_error *err)
{
	const struct document doc = {text, len, kind->name};
	struct oci_row rows[OCI_ROWS_MAX];
	struct oci_table table = {.rows = rows, .n = kind->n};
	void *p;

	if (kind->n > OCI_ROWS_MAX)
		return error_set(err, HZ_E_INTERNAL, "a record has more than %d fields",
				 OCI_ROWS_MAX);
	for (size_t i = 0; i < kind->n; i++) {
		const struct oci_field *f = &kind->fields[i];

		rows[i] = flat_rows[f->kind];
		rows[i].name = f->name;
		rows[i].len = (uint8_t)strlen(f->name);
		rows[i].required = f->required;
		rows[i].offset = (uint32_t)f->offset;
	}
	return decode_document(a, &doc, &table, ret_struct, &p, err);
}

static void write_strings(struct oci_json *j, const struct oci_strings *s)
{
	oci_json_array(j);
	for (size_t i = 0; i < s->n; i++)
		oci_json_str(j, s->items[i]);
	oci_json_array_end(j);
}

static bool field_is_set(const struct oci_field *f, const void *at)
{
	switch (f->kind) {
	case OCI_FIELD_STR: return *(const char *const *)at != NULL;
	case OCI_FIELD_I64: return ((const struct oci_i64 *)at)->set;
	case OCI_FIELD_U64: return ((const struct oci_u64 *)at)->set;
	case OCI_FIELD_BOOL: return ((const struct oci_bool *)at)->set;
	case OCI_FIELD_STRINGS: return ((const struct oci_strings *)at)->items != NULL;
	case OCI_FIELD_MAP: return ((const struct oci_map *)at)->items != NULL;
	}
	return false;
}

void oci_flat_encode(struct oci_json *j, const struct oci_flat *kind, const void *from)
{
	oci_json_object(j);
	for (size_t i = 0; i < kind->n; i++) {
		const struct oci_field *f = &kind->fields[i];
		const void *at = (const char *)from + f->offset;

		if (!field_is_set(f, at))
			continue;
		oci_json_key(j, f->name);
		switch (f->kind) {
		case OCI_FIELD_STR: oci_json_str(j, *(const char *const *)at); break;
		case OCI_FIELD_I64: oci_json_i64(j, ((const struct oci_i64 *)at)->v); break;
		case OCI_FIELD_U64: oci_json_u64(j, ((const struct oci_u64 *)at)->v); break;
		case OCI_FIELD_BOOL: oci_json_bool(j, ((const struct oci_bool *)at)->v); break;
		case OCI_FIELD_STRINGS: write_strings(j, at); break;
		case OCI_FIELD_MAP: write_map(j, at); break;
		}
	}
	oci_json_object_end(j);
}
