/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/device.h>
#include <generative/picture-mark.h>

G_BEGIN_DECLS

/**
 * Marking of frames that lie in the memory of a device, by two operators of the engine: one looks
 * at how busy a frame is, one adds the pattern. Nothing travels but how strong it is to be, a few
 * kilobytes. Frames become what gen_picture_mark_apply makes of them, bit by bit. Since: 0.2
 */
typedef struct _GenPictureMarkDevice GenPictureMarkDevice;

/* Whether frames like this one are marked there: of 8 bits, luma in a plane of its own, or red,
 * green and blue beside each other. A fourth byte of a pixel is the one behind these, and stays. */
GEN_API gboolean gen_picture_mark_device_can (const GenMarkFrame *frame);
/* For frames like `frame`, of the size that `mark` has been set to, whose pattern is copied; where
 * that one lies is of no matter. `resident`: frames are in the device's memory, of CUDA in the
 * context that is current (gen_plan_bind_device_input); else in the system's, and travel. The CPU
 * will do as a device, too, whose memory is the system's. NULL with `error` where it cannot be
 * compiled. (transfer full) */
GEN_API GenPictureMarkDevice *gen_picture_mark_device_new (const GenDevice *device,
    const GenPictureMark *mark, const GenMarkFrame *frame, gboolean resident, GError **error);
GEN_API void gen_picture_mark_device_free (GenPictureMarkDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenPictureMarkDevice, gen_picture_mark_device_free)
/* Whether it is for such a frame. */
GEN_API gboolean gen_picture_mark_device_fits (
    const GenPictureMarkDevice *device, const GenMarkFrame *frame);
/* Mark a frame that fits, in place; its samples are addresses where frames are. `strength` as of
 * gen_picture_mark_apply. `fence`, which may be NULL, is waited for there, and the frame is
 * complete on return. */
GEN_API gboolean gen_picture_mark_device_apply (GenPictureMarkDevice *device,
    const GenMarkFrame *frame, double strength, GenFence *fence, GError **error);

G_END_DECLS
