/**
 * @file The two conventions of weight decay. Coupled (this project's, PyTorch's AdamW): θ ← θ − η_t(… + λθ). Independent
 * (Loshchilov and Hutter's own): θ ← θ − η_t(…) − s_t·λθ, where s_t is the schedule's shape, 1 at its peak. Both shrink
 * weights alike where λ_independent = η_peak · λ_coupled.
 */

/** λ of the coupled form that decays as an independent λ does under a peak learning rate. */
export const coupledDecay = (independent: number, peakRate: number): number => independent / peakRate;

/** λ of the independent form that decays as a coupled λ does under a peak learning rate. */
export const independentDecay = (coupled: number, peakRate: number): number => coupled * peakRate;

/**
 * What attention scores are multiplied by: 1/√d where heads keep their width and more are added, else √d₀/d, which is
 * 1/√d₀ at the base (Yang et al. 2022; the normalisation follows from it).
 */
export function attentionScale(headWidth: number, baseHeadWidth: number): number {
  return headWidth === baseHeadWidth ? 1 / Math.sqrt(headWidth) : Math.sqrt(baseHeadWidth) / headWidth;
}
