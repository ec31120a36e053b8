/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said to have been done (15.10.3.2.2): a file begins by being created or by being opened,
 * once, and first; what was opened or placed is an ingredient that is there. */
#include <string.h>

#include "cbor-reader.h"
#include "manifest.h"
#include "report.h"

typedef struct {
  gboolean old;     /* a claim of the first version, which names ingredients in other ways */
  guint assertions; /* of actions, so far */
  guint beginnings;
} Seen;

/* Whether each of the ingredients of an action is one of that relationship. */
static gboolean
ingredients_are (
    GenProvenanceCheck *check, const cbor_item_t *action, const char *relationship, gboolean one)
{
  const cbor_item_t *parameters = gen_cbor_get (action, "parameters");
  const cbor_item_t *list = gen_cbor_get (parameters, "ingredients");
  gsize n = gen_cbor_length (list);
  const cbor_item_t *single = n == 0 ? gen_cbor_get (parameters, "ingredient") : NULL;

  n = single != NULL ? 1 : n;
  if (n == 0 || (one && n != 1))
    return FALSE;
  for (gsize i = 0; i < n; i++) {
    const cbor_item_t *uri = single != NULL ? single : gen_cbor_at (list, i);
    g_autofree char *url = gen_cbor_dup_text (gen_cbor_get (uri, "url"));
    const GenJumbf *manifest = check->manifest;
    const GenJumbf *box = gen_report_resolve (check->report, &manifest, url);
    g_autoptr (cbor_item_t) ingredient = box != NULL ? gen_assertion_read (box) : NULL;

    if (ingredient == NULL || manifest != check->manifest || !gen_check_hash (check, box, uri) ||
        !gen_cbor_is_text (gen_cbor_get (ingredient, "relationship"), relationship))
      return FALSE;
  }
  return TRUE;
}

static void
check_action (GenProvenanceCheck *check, const cbor_item_t *action, gboolean first,
    const char *path, Seen *seen)
{
  const cbor_item_t *name = gen_cbor_get (action, "action");
  gboolean opened = gen_cbor_is_text (name, "c2pa.opened");

  if (name == NULL || !cbor_isa_string (name)) {
    gen_check_fail (check, "assertion.action.malformed", path);
    return;
  }
  if (opened || gen_cbor_is_text (name, "c2pa.created")) {
    seen->beginnings++;
    if (!first || seen->assertions > 1)
      gen_check_fail (check, "assertion.action.malformed", path);
  }
  if (seen->old)
    return;
  if ((opened && !ingredients_are (check, action, "parentOf", TRUE)) ||
      (gen_cbor_is_text (name, "c2pa.placed") &&
          !ingredients_are (check, action, "componentOf", FALSE)))
    gen_check_fail (check, "assertion.action.ingredientMismatch", path);
}

static void
check_one (
    GenProvenanceCheck *check, const cbor_item_t *uri, const GenJumbf *box, gpointer user_data)
{
  Seen *seen = user_data;
  g_autofree char *kind = gen_assertion_kind (box->label);
  g_autofree char *path = g_strconcat (GEN_ASSERTIONS_LABEL "/", box->label, NULL);
  g_autoptr (cbor_item_t) assertion = NULL;
  const cbor_item_t *actions;

  if (strcmp (kind, "c2pa.actions") != 0 && strcmp (kind, "c2pa.actions.v2") != 0)
    return;
  seen->assertions++;
  assertion = gen_assertion_read (box);
  actions = gen_cbor_get (assertion, "actions");
  if (gen_cbor_length (actions) == 0) {
    gen_check_fail (check, "assertion.action.malformed", path);
    return;
  }
  for (gsize i = 0; i < gen_cbor_length (actions); i++)
    check_action (check, gen_cbor_at (actions, i), i == 0, path, seen);
}

void
gen_check_actions (GenProvenanceCheck *check)
{
  Seen seen = { .old = gen_cbor_get (check->claim, "assertions") != NULL };

  gen_check_each (check, check_one, &seen);
  /* Claims of the first version need not tell. */
  if (!seen.old && strcmp (check->manifest->kind, GEN_JUMBF_MANIFEST) == 0 && seen.beginnings != 1)
    gen_check_fail (check, "assertion.action.malformed", GEN_ASSERTIONS_LABEL);
}
