/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that compute element by element, written down as a program: what ElementWise runs. */
#pragma once

#include <generative/operator.h>

#include "broadcast.h"

#define GEN_ELEMENT_OPERANDS GEN_BROADCAST_MAX
#define GEN_ELEMENT_INSTRUCTIONS 16

/* One instruction: a function (an index of a table) of one operand or two, and its parameters. An
 * operand below GEN_ELEMENT_OPERANDS is an input of the node, one from there on the result of an
 * earlier instruction. */
typedef struct {
  int function, a, b;
  float alpha, beta;
} GenElement;

/* What `node` computes of its inputs, `a` and `b` aside, if an instruction can; they have `*n`
 * operands. All its tensors must be float32. */
gboolean gen_element_of (const GenNode *node, GenElement *element, int *n);

/* Write a program of `n` instructions, whose last one makes the result, into `node`. */
void gen_element_write (GenNode *node, const GenElement *program, int n);
/* Let the node's input `k` be what `slice` takes of it. */
void gen_element_write_box (GenNode *node, guint k, const GenNode *slice);
