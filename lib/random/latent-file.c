/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Latents and directions in numpy's files. */
#include <generative/npy.h>

#include <math.h>
#include <string.h>

#include "../device/half.h"
#include "keyframes-private.h"

static gboolean
widen (GenDataType type, const void *from, gsize n, float *to)
{
  switch (type) {
  case GEN_TYPE_FLOAT32:
    memcpy (to, from, n * sizeof (float));
    return TRUE;
  case GEN_TYPE_FLOAT64:
    for (gsize i = 0; i < n; i++)
      to[i] = (float)((const double *)from)[i];
    return TRUE;
  case GEN_TYPE_FLOAT16:
    gen_half_widen (type, from, 1, to, n);
    return TRUE;
  default:
    return FALSE;
  }
}

float *
gen_latent_numbers (GBytes *bytes, GenDataType type, const GenShape *shape, const char *what,
    GQuark domain, int code, GError **error)
{
  g_autofree char *text = gen_shape_to_string (shape);
  g_autofree float *numbers = NULL;
  const gsize n = (gsize)gen_shape_elements (shape);

  if (n == 0 || shape->rank == 0) {
    g_set_error (error, domain, code, "%s: an array of the shape %s holds no vectors", what, text);
    return NULL;
  }
  numbers = g_new (float, n);
  if (!widen (type, g_bytes_get_data (bytes, NULL), n, numbers)) {
    g_set_error (error, domain, code,
        "%s: its elements are %s; float32, float64 or float16 is read", what,
        gen_data_type_name (type));
    return NULL;
  }
  for (gsize i = 0; i < n; i++) {
    if (isfinite (numbers[i]))
      continue;
    g_set_error (
        error, domain, code, "%s, %s: element %" G_GSIZE_FORMAT " is not finite", what, text, i);
    return NULL;
  }
  return g_steal_pointer (&numbers);
}

float *
gen_latent_file_load (const char *path, GQuark domain, int code, GenShape *shape, GError **error)
{
  GenDataType type;
  g_autoptr (GBytes) bytes = gen_npy_load (path, &type, shape, error);

  return bytes != NULL ? gen_latent_numbers (bytes, type, shape, path, domain, code, error) : NULL;
}
