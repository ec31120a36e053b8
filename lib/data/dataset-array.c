/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures in an array.
 *
 * Arrays do not say what black and white are. That follows from the type and, where this leaves it
 * open, from the least and the greatest element of all, so that all pictures are treated alike. */
#include "dataset-array.h"

#include <math.h>
#include <string.h>

#include "../medium/fitting.h"
#include "../ops/number.h"

#define MAX_EXTENT (1 << 16) /* of a picture */

GenDataset *
gen_array_dataset_create (void)
{
  GenArrayDataset *array = g_new0 (GenArrayDataset, 1);

  array->type = GEN_TYPE_UINT8;
  array->scale = 1;
  return &array->dataset;
}

void
gen_array_dataset_free (GenDataset *dataset)
{
  GenArrayDataset *array = (GenArrayDataset *)dataset;

  g_clear_pointer (&array->bytes, g_bytes_unref);
  g_free (array);
}

char *
gen_array_dataset_describe (const GenDataset *dataset, guint32 index)
{
  return g_strdup_printf ("%s, picture %u", dataset->location, index);
}

static gboolean
is_float (GenDataType type)
{
  return type == GEN_TYPE_FLOAT16 || type == GEN_TYPE_FLOAT32 || type == GEN_TYPE_FLOAT64;
}

static guint8
to_byte (double element)
{
  return (guint8)CLAMP (floor (element + 0.5), 0, 255);
}

/* A picture as bytes, into `picture`, which has its size and channels. */
static void
convert (const GenArrayDataset *array, guint32 index, GenPicture *picture)
{
  const guint8 *data = g_bytes_get_data (array->bytes, NULL);
  const gsize channels = (gsize)picture->channels, width = (gsize)picture->width;
  const gsize pixels = width * (gsize)picture->height;

  data += array->first + index * array->step;
  for (gsize pixel = 0; pixel < pixels; pixel++) {
    guint8 *to = picture->data + pixel / width * (gsize)picture->stride + pixel % width * channels;

    for (gsize c = 0; c < channels; c++)
      to[c] = to_byte (gen_number_get (array->type, data,
                           array->planes ? c * pixels + pixel : pixel * channels + c) *
                           array->scale +
                       array->offset);
  }
}

gboolean
gen_array_dataset_load (const GenDataset *dataset, guint32 index, const GenFitting *fitting,
    GenSample *target, GError **error)
{
  const GenFormat *format = &dataset->sample;
  const GenArrayDataset *array = (const GenArrayDataset *)dataset;
  g_auto (GenPicture) converted = { 0 };
  /* gen_fitting_apply only reads its source. */
  GenPicture picture = {
    .data = (guint8 *)g_bytes_get_data (array->bytes, NULL) + array->first + index * array->step,
    .width = format->width,
    .height = format->height,
    .channels = format->channels,
    .stride = format->width * format->channels,
  };

  if (array->type == GEN_TYPE_UINT8 && !array->planes)
    return gen_fitting_apply (fitting, &picture, &target->picture, error);
  gen_picture_init (&converted, format->width, format->height, format->channels);
  convert (array, index, &converted);
  return gen_fitting_apply (fitting, &converted, &target->picture, error);
}

static gboolean
is_channels (gint64 extent)
{
  return extent == 1 || extent == 3 || extent == 4;
}

gboolean
gen_array_dataset_suits (GenDataType type, const GenShape *shape)
{
  if (shape->rank != 3 && shape->rank != 4)
    return FALSE;
  for (int i = 0; i < shape->rank; i++)
    if (shape->dims[i] < 1 || shape->dims[i] > (i == 0 ? G_MAXINT32 : MAX_EXTENT))
      return FALSE;
  return shape->rank == 3 || is_channels (shape->dims[3]) || is_channels (shape->dims[1]);
}

/* The least and the greatest of `n` elements; FALSE where one is no number. */
static gboolean
find_range (const guint8 *data, GenDataType type, gsize n, double *least, double *greatest)
{
  *least = INFINITY;
  *greatest = -INFINITY;
  for (gsize i = 0; i < n; i++) {
    double element = gen_number_get (type, data, i);

    if (!isfinite (element))
      return FALSE;
    *least = MIN (*least, element);
    *greatest = MAX (*greatest, element);
  }
  return TRUE;
}

/* What black and white are. */
static gboolean
find_scale (GenArrayDataset *array, gsize n, const char *name, GError **error)
{
  double least, greatest;

  if (array->type == GEN_TYPE_UINT8)
    return TRUE;
  if (array->type == GEN_TYPE_BOOL) {
    array->scale = 255;
    return TRUE;
  }
  if (!find_range (g_bytes_get_data (array->bytes, NULL), array->type, n, &least, &greatest)) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: some of its elements are infinite or no numbers", name);
    return FALSE;
  }
  if (is_float (array->type) && least >= 0 && greatest <= 1) {
    array->scale = 255;
  } else if (is_float (array->type) && least >= -1 && greatest <= 1) {
    array->scale = array->offset = 127.5;
  } else if (array->type == GEN_TYPE_UINT16 && greatest > 255) {
    array->scale = 1 / 257.0;
  } else if (least < 0 || greatest > 255) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: its elements of type %s reach from %g to %g, of which pictures cannot be made: 0 to "
        "255, uint16, and floats from 0 or -1 to 1 are understood",
        name, gen_data_type_name (array->type), least, greatest);
    return FALSE;
  }
  return TRUE;
}

gboolean
gen_array_dataset_take (GenArrayDataset *array, GBytes *elements, GenDataType type,
    const GenShape *shape, const char *name, GError **error)
{
  GenFormat *format = &array->dataset.sample;
  gsize pixels;

  if (!gen_array_dataset_suits (type, shape)) {
    g_autofree char *text = gen_shape_to_string (shape);

    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: an array of shape %s is no pictures: number, height and width, and 1, 3 or 4 channels "
        "behind the number or at the end",
        name, text);
    return FALSE;
  }
  array->planes = shape->rank == 4 && !is_channels (shape->dims[3]);
  *format = (GenFormat){ .medium = &gen_medium_picture,
    .height = (int)shape->dims[array->planes ? 2 : 1],
    .width = (int)shape->dims[array->planes ? 3 : 2],
    .channels = shape->rank == 3 ? 1 : (int)shape->dims[array->planes ? 1 : 3] };
  pixels = (gsize)format->width * (gsize)format->height;
  if (pixels > GEN_PICTURE_MAX_PIXELS) {
    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: pictures of %d x %d are too large", name, format->width, format->height);
    return FALSE;
  }
  array->dataset.count = (guint32)shape->dims[0];
  array->type = type;
  array->bytes = g_bytes_ref (elements);
  array->step = pixels * (gsize)format->channels * gen_data_type_size (type);
  return find_scale (array, (gsize)gen_shape_elements (shape), name, error);
}

gboolean
gen_array_dataset_take_labels (GenArrayDataset *array, GBytes *elements, GenDataType type,
    const GenShape *shape, const char *name, GError **error)
{
  GenDataset *dataset = &array->dataset;
  const guint8 *data = g_bytes_get_data (elements, NULL);
  int classes = 0;

  if (shape->rank < 1 || shape->dims[0] != dataset->count ||
      gen_shape_elements (shape) != dataset->count) {
    g_autofree char *text = gen_shape_to_string (shape);

    g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
        "%s: %" G_GINT64_FORMAT " labels of shape %s, but there are %u pictures", name,
        gen_shape_elements (shape), text, dataset->count);
    return FALSE;
  }
  dataset->labels = g_new (gint32, dataset->count);
  for (guint32 i = 0; i < dataset->count; i++) {
    double label = gen_number_get (type, data, i);

    if (!(label >= -1 && label < GEN_DATASET_MAX_CLASSES && label == floor (label))) {
      g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_READ,
          "%s: %g is no class: they are whole numbers from 0 to %d, or -1 where there is none",
          name, label, GEN_DATASET_MAX_CLASSES - 1);
      return FALSE;
    }
    dataset->labels[i] = (gint32)label;
    classes = MAX (classes, (int)label + 1);
  }
  gen_dataset_number_labels (dataset, classes);
  return TRUE;
}

/* Whether `word` stands at `at` as a word of its own. */
static gboolean
is_word (const char *name, const char *at, gsize length)
{
  return (at == name || !g_ascii_isalpha (at[-1])) && !g_ascii_isalpha (at[length]);
}

/* `name` with a word in the place of another; NULL where it does not have that one. */
static char *
replace_word (const char *name, const char *word, const char *other)
{
  const gsize length = strlen (word);

  for (const char *at = strstr (name, word); at != NULL; at = strstr (at + 1, word))
    if (is_word (name, at, length))
      return g_strdup_printf ("%.*s%s%s", (int)(at - name), name, other, at + length);
  return NULL;
}

char **
gen_array_dataset_label_names (const char *name)
{
  static const char *const pairs[][2] = { { "images", "labels" }, { "image", "label" },
    { "images", "label" }, { "data", "labels" }, { "data", "label" }, { "pictures", "labels" },
    { "x", "y" }, { "X", "Y" }, { "X", "y" }, { "arr_0", "arr_1" } };
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++) {
    char *labels = replace_word (name, pairs[i][0], pairs[i][1]);

    if (labels != NULL)
      g_ptr_array_add (names, labels);
  }
  g_ptr_array_add (names, g_strconcat (name, "_labels", NULL));
  g_ptr_array_add (names, g_strconcat (name, "-labels", NULL));
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&names), FALSE);
}
