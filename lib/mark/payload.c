/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a mark says, as 64 bits. */
#include <generative/mark.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define OPERATOR_BITS 16
#define MODEL_BITS 20
#define TIME_BITS 24
#define MINUTE 60

static gboolean
refuse (GError **error, const char *what, gint64 number, gint64 first, gint64 last)
{
  g_set_error (error, GEN_MARK_ERROR, GEN_MARK_ERROR_PAYLOAD,
      "%s %" G_GINT64_FORMAT ": a mark can say %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, what,
      number, first, last);
  return FALSE;
}

gboolean
gen_mark_payload_pack (const GenMarkPayload *payload, guint64 *bits, GError **error)
{
  const gint64 last = GEN_MARK_TIME_FIRST + MINUTE * (((gint64)1 << TIME_BITS) - 1);

  if (payload->operator_id > GEN_MARK_OPERATOR_MAX)
    return refuse (error, "operator", payload->operator_id, 0, GEN_MARK_OPERATOR_MAX);
  if (payload->model_id > GEN_MARK_MODEL_MAX)
    return refuse (error, "model", payload->model_id, 0, GEN_MARK_MODEL_MAX);
  if (payload->time < GEN_MARK_TIME_FIRST || payload->time > last)
    return refuse (error, "time", payload->time, GEN_MARK_TIME_FIRST, last);
  *bits = GEN_MARK_VERSION;
  *bits = *bits << OPERATOR_BITS | payload->operator_id;
  *bits = *bits << MODEL_BITS | payload->model_id;
  *bits = *bits << TIME_BITS | (guint64)((payload->time - GEN_MARK_TIME_FIRST) / MINUTE);
  return TRUE;
}

gboolean
gen_mark_payload_unpack (guint64 bits, GenMarkPayload *payload)
{
  const guint64 minutes = bits & (((guint64)1 << TIME_BITS) - 1);

  if (bits >> (OPERATOR_BITS + MODEL_BITS + TIME_BITS) != GEN_MARK_VERSION)
    return FALSE;
  payload->operator_id = (guint)(bits >> (MODEL_BITS + TIME_BITS)) & GEN_MARK_OPERATOR_MAX;
  payload->model_id = (guint)(bits >> TIME_BITS) & GEN_MARK_MODEL_MAX;
  payload->time = GEN_MARK_TIME_FIRST + MINUTE * (gint64)minutes;
  return TRUE;
}

gboolean
gen_mark_model_id (const char *path, guint *model_id, GError **error)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  const int fd = open (path, O_RDONLY | O_CLOEXEC);
  guint8 bytes[1 << 14], digest[32];
  gsize length = sizeof digest;
  gssize n = -1;

  while (fd >= 0 && ((n = read (fd, bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR)))
    if (n > 0)
      g_checksum_update (sum, bytes, n);
  if (n < 0)
    g_set_error (
        error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s", path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  if (n < 0)
    return FALSE;
  g_checksum_get_digest (sum, digest, &length);
  *model_id = (guint)digest[0] << 12 | (guint)digest[1] << 4 | digest[2] >> 4;
  return TRUE;
}
