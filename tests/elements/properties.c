/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What gst-inspect-1.0 tells of the plugin, its elements and their properties is complete. */
#include <gst/gst.h>

#include <string.h>

static void
test_plugin (void)
{
  g_autoptr (GstPlugin) plugin = gst_registry_find_plugin (gst_registry_get (), "generative");

  g_assert_nonnull (plugin);
  g_assert_cmpstr (gst_plugin_get_source (plugin), ==, "gst-generative");
  g_assert_cmpstr (gst_plugin_get_package (plugin), ==, "gst-generative");
  g_assert_cmpstr (gst_plugin_get_license (plugin), ==, "LGPL");
  g_assert_null (strstr (gst_plugin_get_origin (plugin), "gstreamer"));
}

/* Whether the property is of the plugin's own types: of an element's, or of the one that some of
 * them share, and not of GStreamer's base classes. */
static gboolean
is_own (const GstElement *element, const GParamSpec *spec)
{
  return spec->owner_type == G_OBJECT_TYPE (element) ||
         g_str_equal (g_type_name (spec->owner_type), "GstScoreFilter");
}

static void
check_property (const char *element, GParamSpec *spec)
{
  const char *blurb = g_param_spec_get_blurb (spec);
  g_autofree char *place = g_strdup_printf ("%s.%s", element, spec->name);

  g_test_message ("%s: %s", place, blurb);
  g_assert_nonnull (blurb);
  g_assert_cmpuint (strlen (blurb), >, strlen (spec->name) + 3);
  g_assert_false (g_str_has_suffix (blurb, "."));
  if (!(spec->flags & G_PARAM_WRITABLE))
    return;
  /* When it may be changed. */
  g_assert_true (spec->flags &
                 (GST_PARAM_MUTABLE_READY | GST_PARAM_MUTABLE_PAUSED | GST_PARAM_MUTABLE_PLAYING));
  /* What it means that there is no text. */
  if (G_IS_PARAM_SPEC_STRING (spec) && G_PARAM_SPEC_STRING (spec)->default_value == NULL)
    g_assert_nonnull (strstr (blurb, "unset"));
  if (G_IS_PARAM_SPEC_ENUM (spec)) {
    const GEnumClass *class = G_PARAM_SPEC_ENUM (spec)->enum_class;

    for (guint i = 0; i < class->n_values; i++)
      g_assert_cmpuint (strlen (class->values[i].value_name), >, 0);
  }
}

static void
test_properties (void)
{
  GList *features = gst_registry_get_feature_list_by_plugin (gst_registry_get (), "generative");
  guint n = 0;

  g_assert_cmpuint (g_list_length (features), >=, 8);
  for (GList *feature = features; feature != NULL; feature = feature->next) {
    g_autoptr (GstElement) element = NULL;
    g_autofree GParamSpec **specs = NULL;
    GObjectClass *class;
    guint n_specs;

    if (!GST_IS_ELEMENT_FACTORY (feature->data)) /* the tracer */
      continue;
    element = gst_object_ref_sink (
        gst_element_factory_create (GST_ELEMENT_FACTORY (feature->data), NULL));
    class = G_OBJECT_GET_CLASS (element);

    for (const char *const *key =
             (const char *const[]){ GST_ELEMENT_METADATA_LONGNAME, GST_ELEMENT_METADATA_KLASS,
                 GST_ELEMENT_METADATA_DESCRIPTION, GST_ELEMENT_METADATA_AUTHOR, NULL };
         *key != NULL; key++)
      g_assert_cmpuint (
          strlen (gst_element_class_get_metadata (GST_ELEMENT_CLASS (class), *key)), >, 5);
    specs = g_object_class_list_properties (class, &n_specs);
    for (guint i = 0; i < n_specs; i++) {
      if (!is_own (element, specs[i]))
        continue;
      check_property (GST_OBJECT_NAME (feature->data), specs[i]);
      n++;
    }
  }
  g_assert_cmpuint (n, >, 70);
  gst_plugin_feature_list_free (features);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/properties/plugin", test_plugin);
  g_test_add_func ("/properties/properties", test_properties);
  return g_test_run ();
}
