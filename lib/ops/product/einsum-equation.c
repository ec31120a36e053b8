/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading Einsum's equation: terms of letters, one for each operand, with an ellipsis for any
 * number of leading dimensions, and after "->" the result's term. Without one, the result has the
 * ellipsis and the letters that occur once, in the order of the alphabet. */
#include "einsum.h"

#include <string.h>

static int
label_of (char letter)
{
  if (letter >= 'A' && letter <= 'Z')
    return letter - 'A';
  return letter >= 'a' && letter <= 'z' ? letter - 'a' + 26 : -1;
}

/* One term: letters, of which an ellipsis becomes `ellipsis` labels. Stops at "," or "-" or the
 * end.
 */
static const char *
read_term (const char *text, GenLabels *labels, int ellipsis)
{
  labels->n = 0;
  for (; *text != '\0' && *text != ',' && *text != '-'; text++) {
    int label = label_of (*text), n = 1;

    if (*text == ' ')
      continue;
    if (strncmp (text, "...", 3) == 0) {
      text += 2;
      n = ellipsis;
      label = GEN_EINSUM_LETTERS + ellipsis - 1;
    } else if (label < 0) {
      return NULL;
    }
    if (labels->n + n > GEN_MAX_RANK)
      return NULL;
    for (int i = 0; i < n; i++)
      labels->at[labels->n++] = label - i;
  }
  return text;
}

/* How many letters a term has, so that the other dimensions are the ellipsis'. */
static int
count_letters (const char *text)
{
  int n = 0;

  for (; *text != '\0' && *text != ',' && *text != '-'; text++)
    n += label_of (*text) >= 0;
  return n;
}

static gboolean
take_extents (GenEquation *equation, const GenNode *node, guint operand, GError **error)
{
  const GenLabels *labels = &equation->operands[operand];
  const GenShape *shape = &gen_node_input (node, operand)->shape;

  if (labels->n != shape->rank)
    return gen_node_error (node, error, "its equation gives operand %u %d dimensions, it has %d",
        operand, labels->n, shape->rank);
  for (int i = 0; i < shape->rank; i++) {
    gint64 *extent = &equation->extents[labels->at[i]];

    if (*extent == -1 || *extent == 1)
      *extent = shape->dims[i];
    else if (shape->dims[i] != *extent && shape->dims[i] != 1)
      return gen_node_error (node, error,
          "dimension %d of operand %u is %" G_GINT64_FORMAT ", elsewhere %" G_GINT64_FORMAT, i,
          operand, shape->dims[i], *extent);
  }
  return TRUE;
}

/* The result's term where the equation has none. */
static gboolean
find_result (GenEquation *equation)
{
  int count[GEN_EINSUM_LABELS] = { 0 };
  GenLabels *result = &equation->result;

  for (guint i = 0; i < equation->n_operands; i++)
    for (int k = 0; k < equation->operands[i].n; k++)
      count[equation->operands[i].at[k]]++;
  result->n = 0;
  for (int i = GEN_EINSUM_LABELS - 1; i >= GEN_EINSUM_LETTERS; i--)
    if (count[i] > 0 && result->n < GEN_MAX_RANK)
      result->at[result->n++] = i;
  for (int i = 0; i < GEN_EINSUM_LETTERS; i++)
    if (count[i] == 1) {
      if (result->n == GEN_MAX_RANK)
        return FALSE;
      result->at[result->n++] = i;
    }
  return TRUE;
}

static gboolean
read_result (GenEquation *equation, const char *text, int ellipsis)
{
  guint64 seen = 0;

  if (*text == '\0')
    return find_result (equation);
  if (strncmp (text, "->", 2) != 0)
    return FALSE;
  text = read_term (text + 2, &equation->result, ellipsis);
  if (text == NULL || *text != '\0')
    return FALSE;
  for (int i = 0; i < equation->result.n; i++) {
    int label = equation->result.at[i];

    if (equation->extents[label] == -1 || (seen >> label & 1) != 0)
      return FALSE;
    seen |= (guint64)1 << label;
  }
  return TRUE;
}

gboolean
gen_equation_read (GenEquation *equation, const GenNode *node, GError **error)
{
  const char *text = gen_node_string (node, "equation", ""), *at = text;
  int longest = 0;

  *equation = (GenEquation){ .n_operands = node->inputs->len,
    .operands = g_new0 (GenLabels, node->inputs->len) };
  memset (equation->extents, -1, sizeof equation->extents);
  for (guint i = 0; i < equation->n_operands; i++) {
    int ellipsis;

    if (i > 0 && *at++ != ',')
      return gen_node_error (node, error, "its equation '%s' has no term for operand %u", text, i);
    ellipsis = gen_node_input (node, i)->shape.rank - count_letters (at);
    at = read_term (at, &equation->operands[i], MAX (ellipsis, 0));
    if (at == NULL)
      return gen_node_error (node, error, "its equation '%s' cannot be read", text);
    if (!take_extents (equation, node, i, error))
      return FALSE;
    longest = MAX (longest, ellipsis);
  }
  if (!read_result (equation, at, longest))
    return gen_node_error (
        node, error, "its equation '%s' has no result that its operands give", text);
  return TRUE;
}
