/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of findings. */
#include "inspect-private.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

static gboolean
is_bad (const GenDataItem *item)
{
  return item->error != NULL;
}

static gboolean
is_duplicate (const GenDataItem *item)
{
  return item->duplicate_of != GEN_DATA_NONE;
}

static gboolean
is_near_duplicate (const GenDataItem *item)
{
  return item->near_of != GEN_DATA_NONE;
}

static gboolean
tells_place (const GenDataItem *item)
{
  return (item->hints & GEN_HINT_PLACE) != 0;
}

static gboolean
has_credentials (const GenDataItem *item)
{
  return (item->hints & GEN_HINT_CREDENTIALS) != 0;
}

static gboolean
is_generated (const GenDataItem *item)
{
  return (item->hints & GEN_HINT_GENERATED) != 0;
}

static gboolean
is_reserved (const GenDataItem *item)
{
  return (item->hints & GEN_HINT_RESERVED) != 0;
}

#define FINDING(id, ...) static const GenDataFinding id = { __VA_ARGS__ }

FINDING (bad, .name = "bad", .summary = "Cannot be read", .find = is_bad, .needs = GEN_NEED_ITEM);
const GenDataFinding gen_data_finding_duplicate = { .name = "duplicate",
  .summary = "Same content as a file before",
  .find = is_duplicate,
  .needs = GEN_NEED_FILE };
const GenDataFinding gen_data_finding_near_duplicate = { .name = "near-duplicate",
  .summary = "Looks or sounds nearly like one before",
  .find = is_near_duplicate,
  .needs = GEN_NEED_FILE | GEN_NEED_ITEM };
FINDING (blank, .name = "blank", .summary = "Nearly one colour: contrast below 0.01",
    .medium = &gen_medium_picture, .measure = "contrast", .minimum = 0.01, .maximum = INFINITY);
FINDING (blurred, .name = "blurred", .summary = "Without edges: sharpness below 20",
    .medium = &gen_medium_picture, .measure = "sharpness", .minimum = 20, .maximum = INFINITY);
FINDING (dark, .name = "dark", .summary = "Nearly black: brightness below 0.05",
    .medium = &gen_medium_picture, .measure = "brightness", .minimum = 0.05, .maximum = INFINITY);
FINDING (bright, .name = "bright", .summary = "Nearly white: brightness above 0.95",
    .medium = &gen_medium_picture, .measure = "brightness", .minimum = -INFINITY, .maximum = 0.95);
FINDING (silent, .name = "silent", .summary = "No sample above -60 decibels of full scale",
    .medium = &gen_medium_sound, .measure = "peak", .minimum = -60, .maximum = INFINITY);
FINDING (clipped, .name = "clipped", .summary = "More than 0.001 of the samples are clipped",
    .medium = &gen_medium_sound, .measure = "clipping", .minimum = -INFINITY, .maximum = 0.001);
FINDING (place, .name = "place", .summary = "Tells where it was taken (GPS in EXIF)",
    .find = tells_place, .needs = GEN_NEED_FILE);
FINDING (credentials, .name = "credentials",
    .summary = "Has content credentials (C2PA), which were not verified", .find = has_credentials,
    .needs = GEN_NEED_FILE);
FINDING (generated, .name = "generated",
    .summary = "Says that a model made it (IPTC digital source type, generators' settings)",
    .find = is_generated, .needs = GEN_NEED_FILE);
FINDING (reserved, .name = "reserved",
    .summary = "Says that the right to learn from it is reserved (TDM, PLUS Data Mining)",
    .find = is_reserved, .needs = GEN_NEED_FILE);

static const GenDataFinding *const findings[] = { &bad, &gen_data_finding_duplicate,
  &gen_data_finding_near_duplicate, &blank, &blurred, &dark, &bright, &silent, &clipped, &place,
  &credentials, &generated, &reserved, NULL };

const GenDataFinding *const *
gen_data_finding_list (void)
{
  return findings;
}

const GenDataFinding *
gen_data_finding_find (const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (int i = 0; findings[i] != NULL; i++) {
    if (strcmp (findings[i]->name, name) == 0)
      return findings[i];
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", findings[i]->name);
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no finding '%s'; there are %s",
      name, names->str);
  return NULL;
}

gboolean
gen_inspection_has (const GenInspection *inspection, guint32 index, const GenDataFinding *finding)
{
  const GenDataItem *item = gen_inspection_get_item (inspection, index);
  double value;

  if (finding->find != NULL)
    return finding->find (item);
  value = gen_inspection_get_value (
      inspection, index, gen_data_measure_find (finding->measure, NULL, NULL));
  return value < finding->minimum || value > finding->maximum;
}
