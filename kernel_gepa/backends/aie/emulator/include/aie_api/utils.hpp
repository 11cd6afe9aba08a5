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
namespace emu {
// A function of its own: within a lambda in a lambda the branch that is not taken would have to compile too.
template <class Fn, class Y, class X> void called(Fn &fn, Y y, X x) {
  if constexpr (std::is_invocable_v<Fn &, Y, X>) fn(y, x);
  else fn();
}
}  // namespace emu
template <class T, T StartY, T EndY, T StepY, T StartX, T EndX, T StepX, class Fn> void unroll_for_2d(Fn &&fn) {
  unroll_for<T, StartY, EndY, StepY>([&](auto y) {
    unroll_for<T, StartX, EndX, StepX>([&](auto x) { emu::called(fn, y, x); });
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

// Two functions in one loop, of which each has rounds of its own peeled off; both have as many in all.
template <unsigned MinIters, LoopOptions First = LoopOptions{}, LoopOptions Second = LoopOptions{}, class Fn1, class Fn2>
void pipelined_loops(unsigned count, Fn1 &&first, Fn2 &&second) {
  constexpr unsigned peeled = First.peel_front + First.peel_back;
  static_assert(peeled == Second.peel_front + Second.peel_back, "Both functions require the same total peeled iterations");
  static_assert(First.preamble_offset == Second.preamble_offset, "Both functions require the same preamble_offset");
  static_assert(peeled + 1 < MinIters, "Requested peeling exceeds loop range");
  if (count < peeled) aie_emu_stop("Cannot peel more iterations than the loop will be executed");
  // What one is ahead of the other it does alone: before the common rounds, and the other after them.
  constexpr unsigned ahead1 = First.peel_front - std::min(First.peel_front, Second.peel_front);
  constexpr unsigned ahead2 = Second.peel_front - std::min(First.peel_front, Second.peel_front);
  const unsigned common = count - ahead1 - ahead2;
  unroll_times<ahead1>([&](auto i) { first(unsigned(i)); });
  unroll_times<ahead2>([&](auto i) { second(unsigned(i)); });
  for (unsigned i = 0; i < common; i++) first(ahead1 + i), second(ahead2 + i);
  for (unsigned i = ahead1 + common; i < count; i++) first(i);
  for (unsigned i = ahead2 + common; i < count; i++) second(i);
}
}  // namespace aie
