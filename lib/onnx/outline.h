/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <protobuf-c/protobuf-c.h>

/* Where the bytes of a raw_data field lie in the file that the outline was made of. */
typedef struct {
  guint64 offset;
  guint64 size;
} GenOnnxRange;

/**
 * gen_onnx_unpack: the message in `bytes`, but with a #GenOnnxRange as the content of each
 * raw_data field in it. Checks all that can be wrong with the encoding, for `bytes` may come
 * from anywhere: what follows needs only look at the meaning.
 *
 * Returns: (transfer full) to be freed with protobuf_c_message_free_unpacked.
 */
ProtobufCMessage *gen_onnx_unpack (
    const ProtobufCMessageDescriptor *descriptor, GBytes *bytes, GError **error);
