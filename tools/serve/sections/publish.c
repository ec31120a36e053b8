/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [publish.NAME]: how a new version takes the place of the one of model NAME that is played. */
#include <generative/metric.h>

#include "../../../lib/base/json-members.h"
#include "../configuration.h"

#define FIELD(name) G_STRUCT_OFFSET (ServePublishSettings, name)

static const char *const undecided[] = { "roll-back", "promote", "keep", NULL };

static const ServeKey keys[] = {
  { "canary", SERVE_KEY_NUMBER, FIELD (share), "0.1", 0, 1,
      .blurb = "the share of sessions that see a new version while it is tried" },
  { "window-seconds", SERVE_KEY_NUMBER, FIELD (window), "10", 0.1, 3600,
      .blurb = "over how many seconds of a session one value of a figure is taken" },
  { "least", SERVE_KEY_INTEGER, FIELD (least), "30", 2, 1000000,
      .blurb = "how many values of each figure and version are wanted before anything is decided" },
  { "confidence", SERVE_KEY_NUMBER, FIELD (confidence), "0.95", 0.5, 0.999999,
      .blurb = "how sure a decision is to be" },
  { "minutes", SERVE_KEY_NUMBER, FIELD (minutes), "60", 0, 1e6,
      .blurb = "after how many minutes it is decided in any case, 0 for never" },
  { "undecided", SERVE_KEY_CHOICE, FIELD (undecided), "\"roll-back\"", .choices = undecided,
      .blurb = "what then becomes of a version of which too little is known" },
  { "failures", SERVE_KEY_INTEGER, FIELD (failures), "3", 0, 1000000,
      .blurb = "how many sessions of a new version that fail one after the other end it at once" },
  { "errors", SERVE_KEY_NUMBER, FIELD (errors), "0.05", 0, 1,
      .blurb = "how much larger the share of windows with an error may become" },
  { "late", SERVE_KEY_NUMBER, FIELD (late), "0.1", 0, 1,
      .blurb = "how much larger the share of windows with frames that are late may become" },
  { "latency", SERVE_KEY_NUMBER, FIELD (latency), "0.5", 0, 1000,
      .blurb = "by which share the time that a frame takes may grow" },
  { "figures", SERVE_KEY_TABLE, FIELD (figures),
      .blurb =
          "figures of qualitymeter, and score of the discriminator, and by which share each may "
          "become worse: { sharpness = 0.1, score = 0.05 }" },
  { "discriminator", SERVE_KEY_FILE, FIELD (discriminator),
      .blurb = "the ONNX file of a discriminator, which gives the figure score" },
  { "state", SERVE_KEY_FILE, FIELD (state),
      .blurb = "a file that remembers what has been decided when the server starts again" },
};

static gboolean
check_figure (const ServePublishSettings *publish, const char *name, GError **error)
{
  const GenMetric *metric;
  const GenField *field;

  if (g_str_equal (name, "score"))
    return publish->discriminator != NULL ||
           serve_record_fail (publish, "figures", error,
               "score is what a discriminator gives: the key discriminator names its file");
  field = gen_metric_find_field (name, &metric);
  if (field == NULL || metric->measure == NULL)
    return serve_record_fail (publish, "figures", error,
        "\"%s\" is no figure that qualitymeter measures of each frame (docs/metrics.md)", name);
  return field->better != GEN_BETTER_NEITHER ||
         serve_record_fail (
             publish, "figures", error, "%s is neither better nor worse by itself", name);
}

static gboolean
check (gpointer record, GError **error)
{
  const ServePublishSettings *publish = record;
  g_autoptr (GList) names =
      publish->figures != NULL ? json_object_get_members (publish->figures) : NULL;

  if (serve_configuration_find (
          publish->record.configuration, &serve_section_models, publish->record.name) == NULL)
    return serve_record_fail (
        publish, NULL, error, "there is no [models.%s]", publish->record.name);
  for (const GList *name = names; name != NULL; name = name->next) {
    const double tolerance = gen_json_number_in (publish->figures, name->data);

    if (!(tolerance >= 0))
      return serve_record_fail (publish, "figures", error,
          "%s: by which share it may become worse is a number from 0 on", (const char *)name->data);
    if (!check_figure (publish, name->data, error))
      return FALSE;
  }
  return TRUE;
}

const ServeSection serve_section_publish = {
  .name = "publish",
  .blurb = "How a new version of a model takes the place of the one that is played",
  .named = TRUE,
  .size = sizeof (ServePublishSettings),
  .keys = keys,
  .n_keys = G_N_ELEMENTS (keys),
  .check = check,
};
