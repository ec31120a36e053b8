/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directions: drawn, from files and into them. */
#include <math.h>
#include <string.h>

#include <generative/npz.h>
#include <generative/random.h>

#include "directions-private.h"
#include "keyframes-private.h"
#include "latent-private.h"

/* Of a file's arrays together. */
#define MAX_BYTES (G_GUINT64_CONSTANT (1) << 30)

G_DEFINE_QUARK (gen_directions_error, gen_directions_error)

void
gen_directions_free (GenDirections *directions)
{
  if (directions == NULL)
    return;
  g_free (directions->path);
  g_free (directions->shape);
  g_strfreev (directions->names);
  g_free (directions->numbers);
  g_free (directions);
}

/* --- files --- */

static GenDirections *
load_array (const char *path, GError **error)
{
  g_autoptr (GenDirections) directions = g_new0 (GenDirections, 1);
  GenShape shape;

  directions->path = g_strdup (path);
  directions->numbers = gen_latent_file_load (
      path, GEN_DIRECTIONS_ERROR, GEN_DIRECTIONS_ERROR_INVALID, &shape, error);
  if (directions->numbers == NULL)
    return NULL;
  directions->shape = gen_shape_to_string (&shape);
  if (shape.rank > 3 || shape.dims[0] > G_MAXUINT16) {
    g_set_error (error, GEN_DIRECTIONS_ERROR, GEN_DIRECTIONS_ERROR_INVALID,
        "%s: its shape is %s, but should be [numbers], [directions, numbers] or [directions, "
        "vectors, numbers]",
        path, directions->shape);
    return NULL;
  }
  directions->count = shape.rank > 1 ? (gsize)shape.dims[0] : 1;
  directions->vectors = shape.rank > 2 ? (gsize)shape.dims[1] : 1;
  directions->length = (gsize)shape.dims[shape.rank - 1];
  return g_steal_pointer (&directions);
}

/* Array `name` of `npz`, which has to be as those before it. */
static gboolean
add_array (GenDirections *directions, GenNpz *npz, const char *name, guint i, GError **error)
{
  g_autofree char *what = g_strdup_printf ("%s: array \"%s\"", directions->path, name);
  g_autofree char *text = NULL;
  g_autofree float *numbers = NULL;
  g_autoptr (GBytes) bytes = NULL;
  GenDataType type;
  GenShape shape;
  gsize n;

  bytes = gen_npz_read (npz, name, MAX_BYTES / directions->count, &type, &shape, error);
  if (bytes == NULL)
    return FALSE;
  numbers = gen_latent_numbers (
      bytes, type, &shape, what, GEN_DIRECTIONS_ERROR, GEN_DIRECTIONS_ERROR_INVALID, error);
  if (numbers == NULL)
    return FALSE;
  text = gen_shape_to_string (&shape);
  n = (gsize)gen_shape_elements (&shape);
  if (i == 0) {
    directions->shape = g_strdup (text);
    directions->length = (gsize)shape.dims[shape.rank - 1];
    directions->vectors = n / directions->length;
    directions->numbers = g_new (float, directions->count *n);
  }
  if (shape.rank > 2 || !g_str_equal (text, directions->shape)) {
    g_set_error (error, GEN_DIRECTIONS_ERROR, GEN_DIRECTIONS_ERROR_INVALID,
        "%s has the shape %s; all arrays should be [numbers], or [vectors, numbers], of one shape",
        what, text);
    return FALSE;
  }
  memcpy (directions->numbers + i * n, numbers, n * sizeof *numbers);
  return TRUE;
}

static GenDirections *
load_archive (const char *path, GError **error)
{
  g_autoptr (GenDirections) directions = g_new0 (GenDirections, 1);
  g_autoptr (GenNpz) npz = gen_npz_open (path, error);

  if (npz == NULL)
    return NULL;
  directions->path = g_strdup (path);
  directions->names = gen_npz_list (npz);
  directions->count = g_strv_length (directions->names);
  if (directions->count == 0 || directions->count > G_MAXUINT16) {
    g_set_error (error, GEN_DIRECTIONS_ERROR, GEN_DIRECTIONS_ERROR_INVALID,
        "%s: it has %" G_GSIZE_FORMAT " arrays; from 1 to %d directions are read", path,
        directions->count, G_MAXUINT16);
    return NULL;
  }
  for (guint i = 0; i < directions->count; i++)
    if (!add_array (directions, npz, directions->names[i], i, error))
      return NULL;
  return g_steal_pointer (&directions);
}

GenDirections *
gen_directions_load (const char *path, GError **error)
{
  return g_str_has_suffix (path, ".npz") ? load_archive (path, error) : load_array (path, error);
}

gboolean
gen_directions_save (const GenDirections *directions, const char *path, GError **error)
{
  const gsize n = directions->vectors * directions->length;
  g_autofree GenNpzArray *arrays = g_new0 (GenNpzArray, directions->count);
  g_auto (GStrv) names = g_new0 (char *, directions->count + 1);

  for (guint i = 0; i < directions->count; i++) {
    names[i] = gen_directions_name (directions, i);
    arrays[i].name = names[i];
    arrays[i].type = GEN_TYPE_FLOAT32;
    arrays[i].shape = directions->vectors > 1
                          ? GEN_SHAPE ((gint64)directions->vectors, (gint64)directions->length)
                          : GEN_SHAPE ((gint64)directions->length);
    arrays[i].data = directions->numbers + i * n;
  }
  return gen_npz_save (path, arrays, (guint)directions->count, error);
}

/* --- others --- */

GenDirections *
gen_directions_new (
    const char *const *names, guint n, gsize vectors, gsize length, const float *numbers)
{
  GenDirections *directions = g_new0 (GenDirections, 1);

  *directions = (GenDirections){ .count = n, .vectors = vectors, .length = length };
  directions->names = g_new0 (char *, n + 1);
  for (guint i = 0; i < n; i++)
    directions->names[i] = g_strdup (names[i]);
  directions->numbers = g_memdup2 (numbers, n * vectors * length * sizeof *numbers);
  return directions;
}

GenDirections *
gen_directions_draw (guint64 seed, guint n, gsize length)
{
  GenRandom random = gen_random_new (seed, GEN_STREAM_DIRECTION, 0);
  GenDirections *directions = g_new0 (GenDirections, 1);

  *directions = (GenDirections){ .count = n, .vectors = 1, .length = length };
  directions->numbers = g_new (float, MAX (n * length, 1));
  for (guint k = 0; k < n; k++) {
    float *numbers = directions->numbers + k * length;
    double square;

    gen_random_normal (&random, k, 0, numbers, length);
    square = gen_latent_product (numbers, numbers, length);
    gen_latent_weigh (
        numbers, square > 0 ? (float)sqrt ((double)length / square) : 0, numbers, 0, length);
  }
  return directions;
}

/* --- what is known of them --- */

guint
gen_directions_count (const GenDirections *directions)
{
  return (guint)directions->count;
}

char *
gen_directions_name (const GenDirections *directions, guint i)
{
  return directions->names != NULL ? g_strdup (directions->names[i]) : g_strdup_printf ("%u", i);
}

const float *
gen_directions_numbers (const GenDirections *directions, guint i, gsize *vectors, gsize *length)
{
  *vectors = directions->vectors;
  *length = directions->length;
  return directions->numbers + i * directions->vectors * directions->length;
}

int
gen_directions_find (const GenDirections *directions, const char *name, GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < directions->count; i++) {
    g_autofree char *own = gen_directions_name (directions, i);

    if (g_str_equal (own, name))
      return (int)i;
    g_string_append_printf (all, "%s%s", i > 0 ? ", " : "", own);
  }
  g_set_error (error, GEN_DIRECTIONS_ERROR, GEN_DIRECTIONS_ERROR_NOT_FOUND,
      "%s has no direction \"%s\"; there are %s",
      directions->path != NULL ? directions->path : "what was found", name, all->str);
  return -1;
}

gboolean
gen_directions_fit (const GenDirections *directions, gsize length, gsize count, GError **error)
{
  if (directions->length == length && (directions->vectors == 1 || directions->vectors == count))
    return TRUE;
  g_set_error (error, GEN_DIRECTIONS_ERROR, GEN_DIRECTIONS_ERROR_SHAPE,
      "%s: its shape is %s, but a frame has %" G_GSIZE_FORMAT " vectors of %" G_GSIZE_FORMAT,
      directions->path != NULL ? directions->path : "drawn directions",
      directions->shape != NULL ? directions->shape : "another", count, length);
  return FALSE;
}
