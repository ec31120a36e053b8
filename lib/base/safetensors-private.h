/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/safetensors.h>

/* The key of the header under which the metadata are. */
#define GEN_SAFETENSORS_METADATA "__metadata__"

/* The format's name of an element type ("F32"), NULL where it has none. */
const char *gen_safetensors_type_name (GenDataType type);
/* The type of that name, GEN_TYPE_UNDEFINED for one that is not known. */
GenDataType gen_safetensors_type_find (const char *name);
/* Its place in the file: types of high rank come first, so that all lie aligned. */
int gen_safetensors_type_rank (GenDataType type);
