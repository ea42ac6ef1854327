/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The descriptor tables: one row per key of a document, one table per kind of object. The decoder
 *interprets them.
 *
 *	shape \ kind    STR BOOL I32 .. ENUM                    OBJECT
 *	ONE             const char *, oci_bool, .. oci_enum     pointer to the struct
 *	LIST            { T *items; size_t n } of the value     ... of the struct
 *	MAP             oci_map (STR only)                      { struct *items; size_t n }, the key
 *goes into the member at sub->key_offset
 */
#ifndef OCISPEC_TABLES_H
#define OCISPEC_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OCI_ROWS_MAX 64 /* of a table: one bit each tells which keys were seen */

enum oci_kind {
	OCI_STR,
	OCI_BOOL,
	OCI_I32,
	OCI_I64,
	OCI_U16,
	OCI_U32,
	OCI_U64,
	OCI_ENUM,
	OCI_OBJECT
};
enum oci_shape {
	OCI_ONE,
	OCI_LIST,
	OCI_MAP
};

struct oci_table;

/** What a value must keep beyond its type. */
struct oci_rule {
	int64_t min; /* of integers; both 0: no limit but the type's */
	uint64_t max;
	const char *too_small; /* said for integers below `min`, or NULL */
	const char *(*check)(const char *s, size_t len); /* of strings, see text.h */
};

struct oci_row {
	const char *name;
	uint8_t len; /* of name */
	uint8_t kind, shape;
	bool required;
	bool not_empty; /* LIST: at least one item */
	uint32_t offset;
	const struct oci_table *sub; /* OBJECT */
	const char *const *names;    /* ENUM; STR: the value is one of these */
	const struct oci_rule *rule; /* or NULL */
};

struct oci_table {
	const struct oci_row *rows;
	size_t n;
	size_t size;       /* of the struct */
	size_t key_offset; /* of the const char * that takes the key, for tables used in MAPs */
};

extern const struct oci_table oci_config_table, oci_process_table, oci_resources_table;

/** Enum names end with NULL. */
extern const char *const oci_ns_type_names[],
	*const oci_seccomp_action_names[], *const oci_seccomp_op_names[],
						   *const oci_seccomp_flag_names[],
							   *const oci_propagation_names[];

/**
 * Call @fn for every row below @table, depth first. @pointer is its place with "*" for the items of
 * lists and the keys of maps
 * ("/process/rlimits/<*>/soft" without the brackets); items of lists and maps of plain values come
 * with @item true.
 */
void oci_table_walk(const struct oci_table *table,
		    void (*fn)(void *ctx, const char *pointer, const struct oci_row *row,
			       bool item),
		    void *ctx);

/** "uint64", "string", "enum", ...: the name of a kind. */
const char *oci_kind_name(enum oci_kind kind);

#endif
