/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "workspace.h"

struct _GenAugmentWorkspace {
  gpointer memory[GEN_SCRATCHES];
  gsize sizes[GEN_SCRATCHES];
  gpointer kept;
  GDestroyNotify free_kept;
};

GenAugmentWorkspace *
gen_augment_workspace_new (void)
{
  return g_new0 (GenAugmentWorkspace, 1);
}

void
gen_augment_workspace_free (GenAugmentWorkspace *workspace)
{
  if (workspace == NULL)
    return;
  for (int i = 0; i < GEN_SCRATCHES; i++)
    g_free (workspace->memory[i]);
  gen_augment_keep (workspace, NULL, NULL);
  g_free (workspace);
}

gpointer
gen_augment_scratch (GenAugmentWorkspace *workspace, GenScratch which, gsize size)
{
  if (workspace->sizes[which] < size) {
    g_free (workspace->memory[which]);
    workspace->memory[which] = g_malloc (size);
    workspace->sizes[which] = size;
  }
  return workspace->memory[which];
}

void
gen_augment_keep (GenAugmentWorkspace *workspace, gpointer kept, GDestroyNotify free)
{
  if (workspace->kept != NULL)
    workspace->free_kept (workspace->kept);
  workspace->kept = kept;
  workspace->free_kept = free;
}

gpointer
gen_augment_kept (GenAugmentWorkspace *workspace)
{
  return workspace->kept;
}
