/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.blockIO -> CGROUP_SET.
 *
 *                v1                                        v2
 *   weight       blkio.weight, else blkio.bfq.weight       io.bfq.weight, else io.weight
 * (converted) weightDevice blkio.weight_device, else blkio.bfq.…     io.bfq.weight, else io.weight
 *   leafWeight   blkio.leaf_weight, …_device               none
 *   throttle…    blkio.throttle.*_device                   io.max
 *
 * Which weight is there hangs on the I/O scheduler that the kernel has: CFQ until 5.0, BFQ, or the
 * cost model of io.weight.
 */
#include "base/cleanup.h"
#include "plan/cgroup_convert.h"

#include <inttypes.h>

#define IO         "/linux/resources/blockIO"
#define WEIGHT_MIN 10
#define WEIGHT_MAX 1000

bool cgroup_has_block_io(const struct oci_block_io *x)
{
	return x && (x->weight.v || x->leaf_weight.v || x->weight_device.n ||
		     x->throttle_read_bps_device.n || x->throttle_write_bps_device.n ||
		     x->throttle_read_iops_device.n || x->throttle_write_iops_device.n);
}

/* False: none, or not in range. */
static bool has_weight(struct builder *b, const struct oci_u16 *w, const char *pointer)
{
	if (!w->set || !w->v) /* dockerd writes 0 for none */
		return false;
	if (w->v < WEIGHT_MIN || w->v > WEIGHT_MAX)
		return builder_fault(b, pointer, "%u is out of range (%d to %d)", w->v, WEIGHT_MIN,
				     WEIGHT_MAX),
		       false;
	return true;
}

/* 10 … 1000 of BFQ on 1 … 10000. */
static unsigned convert_weight(unsigned w)
{
	return 1 + (w - WEIGHT_MIN) * 9999 / (WEIGHT_MAX - WEIGHT_MIN);
}

/* @device: "8:0 ", or "" for all. */
static void set_weight(struct builder *b, const char *device, unsigned weight, bool v2,
		       const char *pointer)
{
	const char *value = builder_ptr(b, "%s%u", device, weight);

	if (v2) {
		limit_set(b, "io.bfq.weight", value, PLAN_CG_ELSE_NEXT, pointer);
		limit_set(b, "io.weight", builder_ptr(b, "%s%u", device, convert_weight(weight)), 0,
			  pointer);
	} else {
		limit_set(b, *device ? "blkio.weight_device" : "blkio.weight", value,
			  PLAN_CG_ELSE_NEXT, pointer);
		limit_set(b, *device ? "blkio.bfq.weight_device" : "blkio.bfq.weight", value, 0,
			  pointer);
	}
}

static void set_leaf_weight(struct builder *b, const char *device, unsigned weight, bool v2,
			    const char *pointer)
{
	if (v2)
		builder_refuse(b, pointer, "cgroup v2 has no leaf weight");
	else
		limit_set(b, *device ? "blkio.leaf_weight_device" : "blkio.leaf_weight",
			  builder_ptr(b, "%s%u", device, weight), 0, pointer);
}

/* "8:0 "; NULL after a fault. */
static const char *device_name(struct builder *b, const struct oci_i64 *major,
			       const struct oci_i64 *minor, const char *pointer)
{
	if (major->v >= 0 && major->v <= INT32_MAX && minor->v >= 0 && minor->v <= INT32_MAX)
		return builder_ptr(b, "%" PRId64 ":%" PRId64 " ", major->v, minor->v);
	builder_fault(b, pointer, "%" PRId64 ":%" PRId64 " is no block device", major->v, minor->v);
	return NULL;
}

static void weight_device(struct builder *b, const struct oci_weight_device *d, bool v2,
			  const char *pointer)
{
	const char *device = device_name(b, &d->major, &d->minor, pointer);
	const char *weight = builder_ptr(b, "%s/weight", pointer),
		   *leaf = builder_ptr(b, "%s/leafWeight", pointer);

	if (!device)
		return;
	if (!d->weight.v && !d->leaf_weight.v) {
		builder_fault(b, pointer, "neither weight nor leafWeight is given");
		return;
	}
	if (has_weight(b, &d->weight, weight))
		set_weight(b, device, d->weight.v, v2, weight);
	if (has_weight(b, &d->leaf_weight, leaf))
		set_leaf_weight(b, device, d->leaf_weight.v, v2, leaf);
}

struct throttle {
	const struct oci_throttle_devices *list;
	const char *key, *v1, *v2;
};

static void throttle(struct builder *b, const struct throttle *t, bool v2)
{
	for (size_t i = 0; i < t->list->n; i++) {
		const struct oci_throttle_device *d = &t->list->items[i];
		const char *pointer = builder_ptr(b, IO "/%s/%zu", t->key, i),
			   *device = device_name(b, &d->major, &d->minor, pointer);

		if (!device)
			continue;
		if (!v2)
			limit_set(b, t->v1, builder_ptr(b, "%s%" PRIu64, device, d->rate.v), 0,
				  pointer);
		else if (d->rate.v)
			limit_set(b, "io.max",
				  builder_ptr(b, "%s%s=%" PRIu64, device, t->v2, d->rate.v), 0,
				  pointer);
		else /* which takes the limit away, as 0 does on v1 */
			limit_set(b, "io.max", builder_ptr(b, "%s%s=max", device, t->v2), 0,
				  pointer);
	}
}

void cgroup_convert_block_io(struct builder *b, const struct oci_block_io *x, bool v2)
{
	const struct throttle throttles[] = {
		{&x->throttle_read_bps_device, "throttleReadBpsDevice",
		 "blkio.throttle.read_bps_device", "rbps"},
		{&x->throttle_write_bps_device, "throttleWriteBpsDevice",
		 "blkio.throttle.write_bps_device", "wbps"},
		{&x->throttle_read_iops_device, "throttleReadIOPSDevice",
		 "blkio.throttle.read_iops_device", "riops"},
		{&x->throttle_write_iops_device, "throttleWriteIOPSDevice",
		 "blkio.throttle.write_iops_device", "wiops"},
	};

	if (has_weight(b, &x->weight, IO "/weight"))
		set_weight(b, "", x->weight.v, v2, IO "/weight");
	if (has_weight(b, &x->leaf_weight, IO "/leafWeight"))
		set_leaf_weight(b, "", x->leaf_weight.v, v2, IO "/leafWeight");
	for (size_t i = 0; i < x->weight_device.n; i++)
		weight_device(b, &x->weight_device.items[i], v2,
			      builder_ptr(b, IO "/weightDevice/%zu", i));
	for (size_t i = 0; i < ARRAY_SIZE(throttles); i++)
		throttle(b, &throttles[i], v2);
}
