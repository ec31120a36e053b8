/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment.h>
#include <generative/device.h>

G_BEGIN_DECLS

/**
 * Augmentation of frames that lie in the memory of a device: geometry in one resampling pass, and
 * tone and colour in another, both by kernels of the engine, so that nothing travels but what is to
 * be done, which is a few kilobytes.
 *
 * There are kernels for projective maps (flip, crop, resized-crop, scale, rotate, shear, translate,
 * perspective), for matrices of colour (brightness, contrast, saturation, hue, invert, grey,
 * channel-shuffle) and, of RGB and grey, for tables (gamma, posterise, solarise): what
 * GenAugmentation.on_device says. Frames become what gen_augment_render_frame makes of them, but
 * for what floating point rounds otherwise: 1 of 255.
 */
typedef struct _GenAugmentDevice GenAugmentDevice;

/* Whether there are kernels for all steps of a draw, of frames like `frame`; else `step` is the
 * name of one that has none, which may be NULL. */
GEN_API gboolean gen_augment_device_can (
    const GenAugmentPictureDraw *draw, const GenAugmentFrame *frame, const char **step);

/* For frames like `frame`: size, planes, order, strides, colours; where that one lies is of no
 * matter. `resident`: frames are in the device's memory, of CUDA in the context that is current
 * (gen_plan_bind_device_input); else in the system's, and travel. The CPU will do as a device, too,
 * whose memory is the system's. */
GEN_API GenAugmentDevice *gen_augment_device_new (
    const GenDevice *device, const GenAugmentFrame *frame, gboolean resident, GError **error);
GEN_API void gen_augment_device_free (GenAugmentDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenAugmentDevice, gen_augment_device_free)
/* Whether it is for such a frame. */
GEN_API gboolean gen_augment_device_fits (
    const GenAugmentDevice *device, const GenAugmentFrame *frame);
/* Do it, in place; there are kernels for the draw, whose size is the frame's. The planes' `data`
 * are addresses where frames are. `fence`, which may be NULL, is waited for there, and the frame is
 * complete on return. */
GEN_API gboolean gen_augment_device_render (GenAugmentDevice *device,
    const GenAugmentPictureDraw *draw, GenAugmentFrame *frame, GenFence *fence, GError **error);

G_END_DECLS
