/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that compute element by element, written down as a program: what ElementWise runs. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"
#include "../broadcast.h"

#define GEN_ELEMENT_OPERANDS GEN_BROADCAST_MAX
#define GEN_ELEMENT_INSTRUCTIONS 16

/* What an instruction can do; the numbers are written into nodes. */
typedef enum {
  GEN_ELEMENT_ADD,
  GEN_ELEMENT_SUB,
  GEN_ELEMENT_MUL,
  GEN_ELEMENT_DIV,
  GEN_ELEMENT_PRELU,
  GEN_ELEMENT_NEG,
  GEN_ELEMENT_ABS,
  GEN_ELEMENT_SQRT,
  GEN_ELEMENT_SQUARE,
  GEN_ELEMENT_RECIPROCAL,
  GEN_ELEMENT_EXP,
  GEN_ELEMENT_LOG,
  GEN_ELEMENT_ERF,
  GEN_ELEMENT_SIGMOID,
  GEN_ELEMENT_TANH,
  GEN_ELEMENT_RELU,
  GEN_ELEMENT_LEAKY_RELU,
  GEN_ELEMENT_CLIP,
  GEN_ELEMENT_GELU,
  GEN_ELEMENT_SILU,
  GEN_ELEMENT_HARD_SIGMOID,
  GEN_ELEMENT_HARD_SWISH,
  GEN_ELEMENT_ELU,
  GEN_ELEMENT_GELU_TANH,
} GenElementFunction;

/* One instruction: a GenElementFunction of one operand or two, and its parameters. An
 * operand below GEN_ELEMENT_OPERANDS is an input of the node, one from there on the result of an
 * earlier instruction. */
typedef struct {
  int function, a, b;
  float alpha, beta;
} GenElement;

/* What `node` computes of its inputs, `a` and `b` aside, if an instruction can; they have `*n`
 * operands. All its tensors must be float32. */
gboolean gen_element_of (const GenNode *node, GenElement *element, int *n);

/* A node's program, and how it reads its operands: from `offsets` on, in elements, by the walk. */
typedef struct {
  int n, operands;
  GenElement elements[GEN_ELEMENT_INSTRUCTIONS];
  GenBroadcast walk;
  gint64 offsets[GEN_ELEMENT_OPERANDS];
} GenElementProgram;

GEN_PRIVATE_API gboolean gen_element_read (
    const GenNode *node, GenElementProgram *program, GError **error);

/* Write a program of `n` instructions, whose last one makes the result, into `node`. */
void gen_element_write (GenNode *node, const GenElement *program, int n);
/* Let the node's input `k` be what `slice` takes of it. */
void gen_element_write_box (GenNode *node, guint k, const GenNode *slice);
