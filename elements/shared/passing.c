/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A model works on the numbers of R'G'B' and knows neither shapes of pixels nor lights: what it
 * makes is meant as what it was made of. So pictures of HDR stay that. Only the range of bytes and
 * the matrix of Y'CbCr are ours to choose, since frames are read and written by them. */
#include "passing.h"

#include <string.h>

/* --- shapes of pixels --- */

/* Whether pictures of the one size become those of the other by one factor, whichever way that was
 * rounded. */
static gboolean
scales_evenly (int width, int height, int to_width, int to_height)
{
  gint64 difference = (gint64)to_width * height - (gint64)to_height * width;

  return ABS (difference) < MAX (width, height);
}

static gboolean
get_size (const GstStructure *structure, int *width, int *height)
{
  return gst_structure_get_int (structure, "width", width) &&
         gst_structure_get_int (structure, "height", height);
}

/* The shape of a pixel with which a picture of another size is displayed in the same shape. */
static void
find_aspect (const GstVideoInfo *from, int width, int height, int *n, int *d)
{
  *n = from->par_n;
  *d = from->par_d;
  if (scales_evenly (from->width, from->height, width, height))
    return;
  if (gst_util_fraction_multiply (*n, *d, from->width, from->height, n, d) &&
      gst_util_fraction_multiply (*n, *d, height, width, n, d))
    return;
  *n = from->par_n;
  *d = from->par_d;
}

/* Where pictures are stretched, the shape is settled when their sizes are. What size a model of
 * free size asks for is not known; most scale evenly. */
static gboolean
keeps_aspect (const GstStructure *from, GstPadDirection direction, const GstStructure *to)
{
  int width, height, to_width, to_height;

  if (get_size (from, &width, &height) && get_size (to, &to_width, &to_height))
    return scales_evenly (width, height, to_width, to_height);
  return direction == GST_PAD_SRC;
}

/* --- fields of caps --- */

typedef struct {
  GstStructure *to;
  gboolean aspect;
} Pass;

static gboolean
pass_field (GQuark field, const GValue *value, gpointer data)
{
  static const char *const changed[] = { "format", "width", "height", "colorimetry", "chroma-site",
    NULL };
  const char *name = g_quark_to_string (field);
  Pass *pass = data;

  if (!g_strv_contains (changed, name) &&
      (pass->aspect || strcmp (name, "pixel-aspect-ratio") != 0))
    gst_structure_id_set_value (pass->to, field, value);
  return TRUE;
}

void
gst_generative_pass_fields (const GstStructure *from, GstPadDirection direction, GstStructure *to)
{
  Pass pass = { .to = to, .aspect = keeps_aspect (from, direction, to) };

  gst_structure_foreach (from, pass_field, &pass);
}

/* --- colours --- */

/* Light that is not what displays of the standard range take it for. */
static gboolean
is_special (const GstVideoColorimetry *colours)
{
  switch (colours->transfer) {
  case GST_VIDEO_TRANSFER_GAMMA10:
  case GST_VIDEO_TRANSFER_LOG100:
  case GST_VIDEO_TRANSFER_LOG316:
  case GST_VIDEO_TRANSFER_SMPTE2084:
  case GST_VIDEO_TRANSFER_ARIB_STD_B67:
    return TRUE;
  default:
    break;
  }
  switch (colours->primaries) {
  case GST_VIDEO_COLOR_PRIMARIES_BT2020:
  case GST_VIDEO_COLOR_PRIMARIES_ADOBERGB:
  case GST_VIDEO_COLOR_PRIMARIES_SMPTEST428:
  case GST_VIDEO_COLOR_PRIMARIES_SMPTERP431:
  case GST_VIDEO_COLOR_PRIMARIES_SMPTEEG432:
    return TRUE;
  default:
    return FALSE;
  }
}

/* Whether pictures of the one may be said to be of the other: what has always been exchanged
 * without a thought may. */
static gboolean
lights_agree (const GstVideoColorimetry *a, const GstVideoColorimetry *b)
{
  if (!is_special (a) && !is_special (b))
    return TRUE;
  return gst_video_transfer_function_is_equivalent (a->transfer, 8, b->transfer, 8) &&
         a->primaries == b->primaries;
}

/* A model that makes grey of colours makes a mask or a map, which has no light of theirs. */
static gboolean
makes_map (const GstVideoInfo *from, const GstVideoInfo *to)
{
  return GST_VIDEO_INFO_IS_GRAY (to) && !GST_VIDEO_INFO_IS_GRAY (from);
}

/* The colours of frames of `to`, which has those of its format and size, when made of `from`. */
static GstVideoColorimetry
choose_colours (const GstVideoInfo *from, const GstVideoInfo *to)
{
  GstVideoColorimetry colours = to->colorimetry;

  if (makes_map (from, to))
    return colours;
  if (GST_VIDEO_INFO_IS_YUV (from) == GST_VIDEO_INFO_IS_YUV (to) &&
      GST_VIDEO_INFO_IS_GRAY (from) == GST_VIDEO_INFO_IS_GRAY (to))
    return from->colorimetry;
  if (from->colorimetry.transfer != GST_VIDEO_TRANSFER_UNKNOWN)
    colours.transfer = from->colorimetry.transfer;
  if (from->colorimetry.primaries != GST_VIDEO_COLOR_PRIMARIES_UNKNOWN)
    colours.primaries = from->colorimetry.primaries;
  if (GST_VIDEO_INFO_IS_YUV (to) && colours.primaries == GST_VIDEO_COLOR_PRIMARIES_BT2020)
    colours.matrix = GST_VIDEO_COLOR_MATRIX_BT2020;
  return colours;
}

/* How far a colorimetry that the next element takes is from what is wanted. */
static int
colour_distance (const char *text, const GstVideoColorimetry *wanted)
{
  GstVideoColorimetry colours;

  if (!gst_video_colorimetry_from_string (&colours, text))
    return 5;
  if (gst_video_colorimetry_is_equal (&colours, wanted))
    return 0;
  if (!lights_agree (&colours, wanted))
    return 4;
  return 1 + (colours.range != wanted->range) +
         (colours.transfer != wanted->transfer || colours.primaries != wanted->primaries);
}

/* Of what `allowed` has, the name that is nearest to `wanted`. */
static const char *
nearest_colours (const GValue *allowed, const GstVideoColorimetry *wanted)
{
  const char *nearest = NULL;

  if (G_VALUE_HOLDS_STRING (allowed))
    return g_value_get_string (allowed);
  for (guint i = 0; GST_VALUE_HOLDS_LIST (allowed) && i < gst_value_list_get_size (allowed); i++) {
    const char *text = g_value_get_string (gst_value_list_get_value (allowed, i));

    if (nearest == NULL || colour_distance (text, wanted) < colour_distance (nearest, wanted))
      nearest = text;
  }
  return nearest;
}

static void
describe_colours (GstStructure *structure, const GstVideoInfo *info, const GstVideoInfo *made_of)
{
  GstVideoColorimetry wanted = made_of != NULL ? choose_colours (made_of, info) : info->colorimetry;
  gboolean usual = gst_video_colorimetry_is_equal (&wanted, &info->colorimetry);
  const GValue *allowed = gst_structure_get_value (structure, "colorimetry");
  g_autofree char *text = NULL;

  /* What RGB and grey mean where nothing is said, all agree on. */
  if (allowed == NULL && usual && !GST_VIDEO_INFO_IS_YUV (info))
    return;
  text = allowed != NULL ? g_strdup (nearest_colours (allowed, &wanted))
                         : gst_video_colorimetry_to_string (&wanted);
  if (text != NULL)
    gst_structure_set (structure, "colorimetry", G_TYPE_STRING, text, NULL);
}

static void
describe_site (GstStructure *structure, const GstVideoInfo *info, const GstVideoInfo *made_of)
{
  GstVideoChromaSite site = info->chroma_site;
  g_autofree char *text = NULL;

  if (!GST_VIDEO_INFO_IS_YUV (info))
    return;
  if (made_of != NULL && GST_VIDEO_INFO_IS_YUV (made_of) &&
      made_of->chroma_site != GST_VIDEO_CHROMA_SITE_UNKNOWN)
    site = made_of->chroma_site;
  text = gst_video_chroma_site_to_string (site);
  if (!gst_structure_has_field (structure, "chroma-site"))
    gst_structure_set (structure, "chroma-site", G_TYPE_STRING, text, NULL);
  gst_structure_fixate_field_string (structure, "chroma-site", text);
}

/* Square pixels need not be mentioned. */
static void
describe_aspect (GstStructure *structure, const GstVideoInfo *info, const GstVideoInfo *made_of)
{
  int n, d;

  find_aspect (made_of, info->width, info->height, &n, &d);
  if (gst_structure_has_field (structure, "pixel-aspect-ratio"))
    gst_structure_fixate_field_nearest_fraction (structure, "pixel-aspect-ratio", n, d);
  else if (n != d)
    gst_structure_set (structure, "pixel-aspect-ratio", GST_TYPE_FRACTION, n, d, NULL);
}

GstCaps *
gst_generative_describe_picture (GstCaps *caps, const GstVideoInfo *made_of)
{
  GstStructure *structure;
  GstVideoInfo info;
  GstVideoFormat format;
  int width, height;

  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  structure = gst_caps_get_structure (caps, 0);
  gst_structure_fixate_field (structure, "format");
  format = gst_video_format_from_string (gst_structure_get_string (structure, "format"));
  if (format == GST_VIDEO_FORMAT_UNKNOWN || !get_size (structure, &width, &height))
    return caps;
  g_autoptr (GstCaps) plain = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING,
      gst_video_format_to_string (format), "width", G_TYPE_INT, width, "height", G_TYPE_INT, height,
      NULL);
  if (!gst_video_info_from_caps (&info, plain))
    return caps;
  /* Of whatever the neighbour takes, what a model makes has square pixels. */
  if (made_of != NULL)
    describe_aspect (structure, &info, made_of);
  else if (gst_structure_has_field (structure, "pixel-aspect-ratio"))
    gst_structure_fixate_field_nearest_fraction (structure, "pixel-aspect-ratio", 1, 1);
  if (made_of != NULL || GST_VIDEO_INFO_IS_YUV (&info))
    describe_colours (structure, &info, made_of);
  describe_site (structure, &info, made_of);
  if (made_of != NULL && makes_map (made_of, &info))
    gst_structure_remove_fields (structure, "mastering-display-info", "content-light-level", NULL);
  return caps;
}

/* (transfer full) */
static char *
name_light (const GstVideoColorimetry *colours)
{
  g_autoptr (GEnumClass) transfers = g_type_class_ref (GST_TYPE_VIDEO_TRANSFER_FUNCTION);
  g_autoptr (GEnumClass) primaries = g_type_class_ref (GST_TYPE_VIDEO_COLOR_PRIMARIES);

  return g_strdup_printf ("of transfer %s and primaries %s",
      g_enum_get_value (transfers, (int)colours->transfer)->value_nick,
      g_enum_get_value (primaries, (int)colours->primaries)->value_nick);
}

gboolean
gst_generative_check_picture (const GstVideoInfo *from, const GstVideoInfo *to, GError **error)
{
  if (GST_VIDEO_INFO_MULTIVIEW_MODE (from) == GST_VIDEO_MULTIVIEW_MODE_SEPARATED) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "frames have their views apart (multiview-mode=separated), of which a model would see but "
        "the first: bring them into one picture in front, as glviewconvert does");
    return FALSE;
  }
  if (makes_map (from, to) || lights_agree (&from->colorimetry, &to->colorimetry))
    return TRUE;
  g_autofree char *have = name_light (&from->colorimetry);
  g_autofree char *want = name_light (&to->colorimetry);
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "frames are %s, and so is what the model makes of them, but the next element wants %s: "
      "convert in front or behind, as videoconvert does with gamma-mode=remap and "
      "primaries-mode=merge-only",
      have, want);
  return FALSE;
}

/* --- metas --- */

/* Whether `api` has tags beyond those of pictures, whose meaning nobody here knows. */
static gboolean
is_understood (const char *const *tags)
{
  static const char *const known[] = { GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_ORIENTATION_STR,
    GST_META_TAG_VIDEO_SIZE_STR, NULL };

  for (guint i = 0; tags[i] != NULL; i++)
    if (!g_strv_contains (known, tags[i]))
      return FALSE;
  return TRUE;
}

static gpointer
copy_parameter (gconstpointer structure, gpointer data)
{
  return gst_structure_copy (structure);
}

/* In the place of GStreamer's own transform, which leaves out what is said of the region. */
static void
scale_region (const GstVideoRegionOfInterestMeta *region, const GstVideoInfo *from,
    GstBuffer *output, const GstVideoInfo *to)
{
  guint64 width = (guint64)from->width, height = (guint64)from->height;
  guint64 left = region->x * (guint64)to->width / width;
  guint64 top = region->y * (guint64)to->height / height;
  guint64 right = ((guint64)region->x + region->w) * (guint64)to->width + width - 1;
  guint64 bottom = ((guint64)region->y + region->h) * (guint64)to->height + height - 1;
  GstVideoRegionOfInterestMeta *scaled =
      gst_buffer_add_video_region_of_interest_meta_id (output, region->roi_type, (guint)left,
          (guint)top, (guint)(right / width - left), (guint)(bottom / height - top));

  scaled->id = region->id;
  scaled->parent_id = region->parent_id;
  scaled->params = g_list_copy_deep (region->params, copy_parameter, NULL);
}

gboolean
gst_generative_pass_meta (GstMeta *meta, GstBuffer *input, const GstVideoInfo *from,
    GstBuffer *output, const GstVideoInfo *to)
{
  const char *const *tags = (const char *const *)gst_meta_api_type_get_tags (meta->info->api);
  GstVideoMetaTransform scale = { (GstVideoInfo *)from, (GstVideoInfo *)to };

  if (tags == NULL || tags[0] == NULL)
    return TRUE;
  if (meta->info->api == GST_VIDEO_META_API_TYPE || !is_understood (tags))
    return FALSE;
  if (from->width == to->width && from->height == to->height)
    return TRUE;
  if (!g_strv_contains (tags, GST_META_TAG_VIDEO_SIZE_STR))
    return TRUE;
  if (meta->info->api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)
    scale_region ((const GstVideoRegionOfInterestMeta *)meta, from, output, to);
  else if (meta->info->transform_func != NULL)
    meta->info->transform_func (
        output, meta, input, gst_video_meta_transform_scale_get_quark (), &scale);
  return FALSE;
}
