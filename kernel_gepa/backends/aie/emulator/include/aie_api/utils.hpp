// Loops that a compiler unrolls or pipelines. aie::print is for simulators; on a device, and here, it does nothing.
#pragma once
#include "aie.hpp"
namespace aie {
template <class V> requires(Vector<V> || Accum<V> || Mask<V>) void print(const V &, bool = false, const char * = nullptr) {}

// Each round gets its number as a type, so that it can be a template argument.
template <class T, T Start, T End, T Step = 1, class Fn> void unroll_for(Fn &&fn) {
  static_assert(Step != 0, "0 is not a valid step");
  if constexpr ((Step > 0 && Start < End) || (Step < 0 && Start > End)) {
    using Round = std::integral_constant<T, Start>;
    static_assert(std::is_invocable_v<Fn, Round> || std::is_invocable_v<Fn>);
    if constexpr (std::is_invocable_v<Fn, Round>) fn(Round());
    else fn();
    constexpr T next = Start + Step;
    static_assert(Step > 0 ? next > Start : next < Start, "The unrolled loop range wraps around");
    unroll_for<T, next, End, Step>(fn);
  }
}
template <class T, T StartY, T EndY, T StepY, T StartX, T EndX, T StepX, class Fn> void unroll_for_2d(Fn &&fn) {
  unroll_for<T, StartY, EndY, StepY>([&](auto y) {
    unroll_for<T, StartX, EndX, StepX>([&](auto x) {
      if constexpr (std::is_invocable_v<Fn, decltype(y), decltype(x)>) fn(y, x);
      else fn();
    });
  });
}
template <unsigned Times, class Fn> void unroll_times(Fn &&fn) { unroll_for<unsigned, 0, Times>(fn); }
template <unsigned TimesY, unsigned TimesX, class Fn> void unroll_times_2d(Fn &&fn) {
  unroll_for_2d<unsigned, 0, TimesY, 1, 0, TimesX, 1>(fn);
}

struct LoopOptions {
  unsigned peel_front = 0, peel_back = 0;
  int preamble_offset = 0;
};
// At least MinIters rounds; those that are peeled off run before and after the loop.
template <unsigned MinIters, LoopOptions Options = LoopOptions{}, class Fn> void pipelined_loop(unsigned count, Fn &&fn) {
  constexpr unsigned peeled = Options.peel_front + Options.peel_back;
  static_assert(peeled + 1 < MinIters, "Requested peeling exceeds loop range");
  if (count < peeled) aie_emu_stop("Cannot peel more iterations than the loop will be executed");
  if constexpr (MinIters > 1) unroll_times<Options.peel_front>(fn);
  constexpr unsigned front = MinIters > 1 ? Options.peel_front : 0, back = MinIters > 1 ? Options.peel_back : 0;
  for (unsigned i = front; i < count - back; i++) fn(i);
  unroll_times<back>([&](auto i) { fn(count - back + i); });
}
}  // namespace aie
