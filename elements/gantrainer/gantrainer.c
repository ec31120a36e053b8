/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-gantrainer
 * @title: gantrainer
 * @short_description: trains a generator on the pictures or sounds that flow in
 *
 * Trains a generative adversarial network: a generator that makes pictures or sounds of noise,
 * against a discriminator that tells them from those that flow in. The nets are those of a #preset,
 * fresh, or any pair of ONNX models. What comes out is a folder, #checkpoint, with
 * `generator.onnx` and `discriminator.onnx` for the elements of these names, and what is needed to
 * go on with `resume=true`.
 *
 * A sound has as many frames as the nets take: #length, where a preset makes them. Each buffer of
 * datasetsrc is a sound, which is cut to that length or ends in silence. Any other stream is cut
 * into sounds of that length, whatever its buffers; where it jumps, one begins anew. The models
 * have the rate of the caps in their metadata, and generator plays at it.
 *
 * A second source, linked to the pad `validation`, gives samples that training does not see, for
 * instance `datasetsrc split=validation epochs=1`. Every #validation-interval steps they are
 * compared with as many made ones. The models with the lowest Frechet distance so far are kept in
 * the folder `best` of the #checkpoint, and #early-stopping ends training when it gets no lower.
 * A third one, linked to the pad `test`, such as `datasetsrc split=test epochs=1`, is what the nets
 * are judged by at the end: those of the last step, and those of the best validation.
 *
 * The src pad shows a wall of made samples, of sounds their waves and spectra, always of the same
 * latents, as training goes on. It may be left unlinked; then the element is the end of its
 * pipeline. Interlaced pictures are refused on both sinks: put deinterlace in front.
 *
 * Training runs on a thread of its own. It ends after #epochs or #max-steps, or with the data; then
 * the checkpoint is written and EOS sent on. It is written as well when training is stopped before
 * (by Ctrl-C, or any other way to READY) and when the pipeline fails elsewhere, so that
 * `resume=true` goes on from the last step. Training that has diverged, because a loss is no number
 * or scores are beyond 2^24, or with precision=fp16 on a GPU because a loss overflows however small
 * its scale, ends with an error and leaves the last checkpoint as it was.
 *
 * A folder that has trained models already is an error, unless #resume goes on from them or
 * #overwrite replaces them; so is one that another training is writing to.
 *
 * Every second an element message `gantrainer-progress` is posted, with the fields `step`, `epoch`,
 * `samples-per-second`, `idle-percent` (how much of the time no step was made because data had to
 * be waited for), `seconds-left` (-1 when the end is not known), `discriminator-loss`,
 * `generator-loss`, `accuracy-on-real` and `accuracy-on-fake`; and, while the pipeline plays, a
 * GST_MESSAGE_PROGRESS of the code `training`. With precision=fp16 on a GPU, losses are scaled so
 * that gradients do not vanish, and where these overflow, the update of a net is skipped: there are
 * `discriminator-loss-scale`, `generator-loss-scale` and `skipped-updates`, too. Each validation
 * posts `gantrainer-validation`, with `step`, `frechet`, `features` and `samples` that it is over,
 * `diversity`, `accuracy-on-validation`, and whether it is the `best` so far; the end posts
 * `gantrainer-test` for the last nets, and once more, `best`, for those of the best validation
 * where they are others. Nets that were given, and are tested before the first step, too, have a
 * `gantrainer-comparison` at the end: the `verdict` by `figure`, and of each figure by how much it
 * has changed.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=640 ! \
 *   video/x-raw,format=GRAY8,width=28,height=28 ! \
 *   gantrainer preset=mlp batch-size=64 checkpoint=ball
 * ]|
 * Ten steps on pictures of a ball.
 * |[
 * gst-launch-1.0 audiotestsrc wave=ticks num-buffers=160 ! \
 *   audio/x-raw,format=S16LE,rate=8000,channels=1 ! \
 *   gantrainer preset=wavegan width=4 batch-size=4 checkpoint=ticking
 * gst-launch-1.0 latentsrc num-buffers=4 ! generator model=ticking/generator.onnx ! \
 *   audioconvert ! wavenc ! filesink location=made.wav
 * ]|
 * Ten steps on half seconds of ticks, and what the generator makes then.
 */
#include "../elements.h"
#include "../trainer/properties.h"
#include "../trainer/trainer.h"

struct _GstGanTrainer {
  GstTrainer parent;
};

G_DECLARE_FINAL_TYPE (GstGanTrainer, gst_gan_trainer, GST, GAN_TRAINER, GstTrainer)
G_DEFINE_FINAL_TYPE (GstGanTrainer, gst_gan_trainer, GST_TYPE_TRAINER)
GST_ELEMENT_REGISTER_DEFINE (gantrainer, "gantrainer", GST_RANK_NONE, gst_gan_trainer_get_type ())

static GType
presets_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, gst_trainer_presets_register ("GstGanTrainerPreset", &gen_recipe_adversarial));
  return type;
}

static void
gst_gan_trainer_class_init (GstGanTrainerClass *klass)
{
  gst_trainer_install (GST_TRAINER_CLASS (klass), &gen_recipe_adversarial, presets_type ());
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "GAN trainer",
      "Filter/Video/Audio/Training",
      "Trains a generator and a discriminator on the pictures or sounds that flow in",
      "gst-generative");
}

static void
gst_gan_trainer_init (GstGanTrainer *self)
{
  GST_TRAINER (self)->settings.trainer.recipe = &gen_recipe_adversarial;
}
