/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nearest-pairs.h"

#include <generative/encoding.h>

static void
clear_pair (gpointer data)
{
  GenNearestPair *pair = data;

  gen_picture_clear (&pair->picture);
  g_free (pair->sample);
  g_free (pair->reference);
}

GArray *
gen_nearest_pairs_new (void)
{
  GArray *pairs = g_array_new (FALSE, TRUE, sizeof (GenNearestPair));

  g_array_set_clear_func (pairs, clear_pair);
  return pairs;
}

static void
shrink (const GenPicture *picture, GenPicture *small)
{
  const int longest = MAX (picture->width, picture->height);
  const int extent = MIN (longest, GEN_NEAREST_EXTENT);

  gen_picture_init (small, MAX (picture->width * extent / longest, 1),
      MAX (picture->height * extent / longest, 1), picture->channels);
  gen_picture_fit (picture, small, GEN_FIT_STRETCH, NULL);
}

/* Make room for a pair with that sample of the reference. FALSE where one that is as near is there.
 */
static gboolean
make_room (GArray *pairs, double distance, guint32 place)
{
  const guint n = pairs->len;

  for (guint i = 0; i < n; i++) {
    const GenNearestPair *pair = &g_array_index (pairs, GenNearestPair, i);

    if (pair->place != place)
      continue;
    if (pair->distance <= distance)
      return FALSE;
    g_array_remove_index (pairs, i);
    return TRUE;
  }
  if (n < GEN_NEAREST_PAIRS)
    return TRUE;
  if (g_array_index (pairs, GenNearestPair, n - 1).distance <= distance)
    return FALSE;
  g_array_set_size (pairs, n - 1);
  return TRUE;
}

void
gen_nearest_pairs_take (GArray *pairs, const GenMetricSample *sample, double distance,
    guint32 place, guint32 item, const char *reference)
{
  GenNearestPair pair = {
    .distance = distance, .frame = sample->frame, .place = place, .item = item
  };
  guint i;

  if (!make_room (pairs, distance, place))
    return;
  pair.sample = g_strdup (sample->name);
  pair.reference = g_strdup (reference);
  if (sample->sample != NULL && sample->sample->medium == &gen_medium_picture)
    shrink (&sample->sample->picture, &pair.picture);
  for (i = pairs->len; i > 0; i--)
    if (g_array_index (pairs, GenNearestPair, i - 1).distance <= distance)
      break;
  g_array_insert_val (pairs, i, pair);
}

/* --- what is told --- */

static JsonObject *
describe (const GenNearestPair *pair)
{
  JsonObject *object = json_object_new ();

  json_object_set_double_member (object, "distance", pair->distance);
  if (pair->sample != NULL)
    json_object_set_string_member (object, "sample", pair->sample);
  else
    json_object_set_int_member (object, "frame", (gint64)pair->frame);
  if (pair->reference != NULL)
    json_object_set_string_member (object, "reference", pair->reference);
  return object;
}

JsonArray *
gen_nearest_pairs_to_json (const GArray *pairs)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < pairs->len; i++)
    json_array_add_object_element (array, describe (&g_array_index (pairs, GenNearestPair, i)));
  return array;
}

static gboolean
add_picture (JsonObject *object, const char *name, const GenPicture *picture, GError **error)
{
  g_autoptr (GBytes) bytes = gen_picture_encode_png (picture, error);
  g_autofree char *text = NULL;

  if (bytes == NULL)
    return FALSE;
  text = g_base64_encode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  json_object_set_string_member (object, name, text);
  return TRUE;
}

/* The reference's picture, of the sample's size; one that cannot be read any more is left out. */
static gboolean
add_reference (JsonObject *object, const GenNearestPair *pair, const GenDataset *reference,
    GenFit fit, GError **error)
{
  const GenFitting fitting = { .fit = fit };
  g_auto (GenSample) sample = { 0 };

  if (reference == NULL || pair->item >= gen_dataset_get_count (reference))
    return TRUE;
  gen_sample_init (&sample, &(GenFormat){ &gen_medium_picture, pair->picture.width,
                                pair->picture.height, pair->picture.channels });
  return !gen_dataset_load (reference, pair->item, &fitting, &sample, NULL) ||
         add_picture (object, "reference-data", &sample.picture, error);
}

gboolean
gen_nearest_pairs_illustrate (const GArray *pairs, const GenDataset *reference, GenFit fit,
    GenMetricTell tell, gpointer data, GError **error)
{
  for (guint i = 0; i < pairs->len; i++) {
    const GenNearestPair *pair = &g_array_index (pairs, GenNearestPair, i);
    g_autoptr (JsonObject) object = NULL;

    if (pair->picture.data == NULL)
      continue;
    object = describe (pair);
    if (!add_picture (object, "data", &pair->picture, error) ||
        !add_reference (object, pair, reference, fit, error) ||
        !tell ("nearest-pair", object, data, error))
      return FALSE;
  }
  return TRUE;
}
