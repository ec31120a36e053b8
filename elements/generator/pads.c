/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pads for further outputs and inputs of a model. */
#include "generator.h"

#include <string.h>

#include "../shared/refused-caps.h"

GST_DEBUG_CATEGORY_EXTERN (generator_debug);
#define GST_CAT_DEFAULT generator_debug

static gboolean
branch_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  GstGenerator *self = GST_GENERATOR (parent);

  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    return gst_generative_latency_answer (
        &self->lateness.latency, GST_BASE_TRANSFORM (self), query);
  return gst_pad_query_default (pad, parent, query);
}

/* What is played has the say of how late it is, and what is behind it of caps. */
static gboolean
branch_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) != GST_EVENT_QOS && GST_EVENT_TYPE (event) != GST_EVENT_RECONFIGURE)
    return gst_generator_src_event (GST_BASE_TRANSFORM (parent), event);
  gst_event_unref (event);
  return TRUE;
}

static GstFlowReturn
side_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  return gst_generator_sides_chain (&GST_GENERATOR (parent)->play.sides, pad, buffer);
}

static gboolean
side_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  const gboolean taken =
      gst_generator_sides_event (&GST_GENERATOR (parent)->play.sides, pad, event);

  gst_event_unref (event);
  return taken;
}

static const char *
input_of (GstPad *pad)
{
  return GST_PAD_NAME (pad) + strlen (GST_GENERATOR_SINK_PREFIX);
}

static GstCaps *
get_side_caps (GstGenerator *self, GstPad *pad)
{
  const GenModelUse use = gst_generator_play_get_use (&self->play);
  GstGeneratorPorts ports;
  GstCaps *caps;

  if (!gst_generator_play_get_ports (&self->play, &ports))
    return gst_pad_get_pad_template_caps (pad);
  caps = gst_generator_side_caps (&ports, &use, input_of (pad));
  gen_model_unref (ports.model);
  return caps;
}

/* Negotiation fails elsewhere and says little. */
static void
explain_side (GstGenerator *self, GstPad *pad, const GstCaps *offered)
{
  const GenModelUse use = gst_generator_play_get_use (&self->play);
  g_autofree char *text = NULL;
  GstGeneratorPorts ports;

  if (!gst_generator_play_get_ports (&self->play, &ports))
    return;
  text = gst_generator_side_describe_misfit (&ports, &use, input_of (pad), offered);
  gen_model_unref (ports.model);
  if (text != NULL && gst_generator_begins_to_refuse (self))
    GST_ELEMENT_ERROR (
        self, CORE, NEGOTIATION, ("%s", text), ("offered %" GST_PTR_FORMAT, (void *)offered));
}

static gboolean
answer_caps (GstPad *pad, GstObject *parent, GstQuery *query)
{
  g_autoptr (GstCaps) caps = get_side_caps (GST_GENERATOR (parent), pad), answer = NULL;
  GstCaps *filter;

  gst_query_parse_caps (query, &filter);
  answer = filter != NULL ? gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST)
                          : gst_caps_ref (caps);
  gst_query_set_caps_result (query, answer);
  return TRUE;
}

static gboolean
side_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  const gboolean asks = GST_QUERY_TYPE (query) == GST_QUERY_CAPS;
  GstCaps *offered;

  if (GST_QUERY_TYPE (query) == GST_QUERY_ALLOCATION ||
      !(asks ? answer_caps : gst_pad_query_default) (pad, parent, query))
    return FALSE;
  gst_generative_answer_unlinked (pad, query);
  /* Nothing can come of it before there are caps; later, it may be no more than a question. */
  if (gst_generative_refuses_caps (query, &offered) && !(asks && gst_pad_has_current_caps (pad)))
    explain_side (GST_GENERATOR (parent), pad, offered);
  return TRUE;
}

/* Why there is no pad `name` to be had; NULL where there is. (transfer full) */
static char *
refuse_name (GstElement *element, const char *name)
{
  g_autoptr (GstPad) same = NULL;

  if (name == NULL || strchr (name, '%') != NULL)
    return g_strdup ("A pad for a further output or input is asked for by its name (src_pha, "
                     "sink_mask)");
  if (GST_STATE (element) > GST_STATE_READY)
    return g_strdup_printf ("Pad %s is asked for while the element plays: pads for further outputs "
                            "and inputs are asked for before it starts",
        name);
  same = gst_element_get_static_pad (element, name);
  return same != NULL ? g_strdup_printf ("There is a pad %s already, and one is all that an output "
                                         "or input has: tee serves several",
                            name)
                      : NULL;
}

GstPad *
gst_generator_request_new_pad (
    GstElement *element, GstPadTemplate *template, const char *name, const GstCaps *caps)
{
  const gboolean is_source = GST_PAD_TEMPLATE_DIRECTION (template) == GST_PAD_SRC;
  g_autofree char *reason = refuse_name (element, name);
  GstPad *pad;

  if (reason != NULL) {
    GST_ELEMENT_WARNING (element, STREAM, FAILED, ("%s", reason), (NULL));
    return NULL;
  }
  pad = gst_pad_new_from_template (template, name);
  gst_pad_set_query_function (pad, is_source ? branch_query : side_query);
  gst_pad_set_event_function (pad, is_source ? branch_event : side_event);
  if (!is_source)
    gst_pad_set_chain_function (pad, side_chain);
  gst_element_add_pad (element, pad);
  return pad;
}

void
gst_generator_release_pad (GstElement *element, GstPad *pad)
{
  gst_generator_sides_release (&GST_GENERATOR (element)->play.sides, pad);
  GST_OBJECT_FLAG_SET (pad, GST_GENERATOR_PAD_RELEASED);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
}
