// aie::mask: one bit per lane.
#pragma once
#include "vector.hpp"

namespace aie {
template <unsigned N> class mask {
 public:
  std::array<bool, N> bit{};
  unsigned ready = 0;

  explicit mask(bool set = false) { bit.fill(set); }
  template <class... Words> requires(std::is_convertible_v<Words, unsigned> && ...)
  explicit mask(unsigned first, Words... words) { *this = from_uint32(first, words...); }
  static constexpr unsigned size() { return N; }
  template <class... Words> static mask from_uint32(unsigned first, Words... words) {
    return from_words<uint32_t>({first, uint32_t(words)...});
  }
  template <class... Words> static mask from_uint64(uint64_t first, Words... words) {
    return from_words<uint64_t>({first, uint64_t(words)...});
  }
  bool test(unsigned i) const { return to_scalar(), bit.at(checked(i)); }
  void set(unsigned i) { bit.at(checked(i)) = true; }
  void clear(unsigned i) { bit.at(checked(i)) = false; }
  unsigned count() const { return to_scalar(), unsigned(std::count(bit.begin(), bit.end(), true)); }
  bool empty() const { return count() == 0; }
  bool full() const { return count() == N; }
  unsigned clz() const {
    unsigned zeros = 0;
    for (to_scalar(); zeros < N && !bit[N - 1 - zeros];) zeros++;
    return zeros;
  }
  unsigned ctz() const {
    unsigned zeros = 0;
    for (to_scalar(); zeros < N && !bit[zeros];) zeros++;
    return zeros;
  }
  uint32_t to_uint32(unsigned word = 0) const { return uint32_t(word_of(word * 32, 32)); }
  uint64_t to_uint64(unsigned word = 0) const { return word_of(word * 64, 64); }
  template <unsigned M> mask<M> extract(unsigned index) const {
    mask<M> part;
    for (unsigned i = 0; i < M; i++) part.bit[i] = bit.at(index * M + i);
    part.ready = ready;
    return part;
  }
  mask operator~() const { return zipped(*this, [](bool a, bool) { return !a; }); }
  mask operator&(const mask &other) const { return zipped(other, [](bool a, bool b) { return a && b; }); }
  mask operator|(const mask &other) const { return zipped(other, [](bool a, bool b) { return a || b; }); }
  mask operator^(const mask &other) const { return zipped(other, [](bool a, bool b) { return a != b; }); }
  mask &operator&=(const mask &other) { return *this = *this & other; }
  mask &operator|=(const mask &other) { return *this = *this | other; }
  mask &operator^=(const mask &other) { return *this = *this ^ other; }
  mask operator<<(unsigned n) const { return moved([n](unsigned i) { return i - n; }); }
  mask operator>>(unsigned n) const { return moved([n](unsigned i) { return i + n; }); }
  bool operator==(const mask &other) const { return to_scalar(), bit == other.bit; }

 private:
  static unsigned checked(unsigned i) {
    if (i >= N) aie_emu_stop("idx needs to be a valid mask index");
    return i;
  }
  void to_scalar() const { aie_emu_to_scalar(ready); }
  template <class Word> static mask from_words(std::initializer_list<Word> words) {
    mask made;
    for (unsigned i = 0; i < N && i / (8 * sizeof(Word)) < words.size(); i++)
      made.bit[i] = words.begin()[i / (8 * sizeof(Word))] >> (i % (8 * sizeof(Word))) & 1;
    return made;
  }
  uint64_t word_of(unsigned first, unsigned bits) const {
    uint64_t word = 0;
    to_scalar();
    for (unsigned i = 0; i < bits && first + i < N; i++) word |= uint64_t(bit[first + i]) << i;
    return word;
  }
  template <class F> mask zipped(const mask &other, F f) const {
    mask made;
    for (unsigned i = 0; i < N; i++) made.bit[i] = f(bit[i], other.bit[i]);
    made.ready = std::max(ready, other.ready);
    return made;
  }
  template <class F> mask moved(F from) const {
    mask made;
    for (unsigned i = 0; i < N; i++) made.bit[i] = from(i) < N && bit[from(i)];
    made.ready = ready;
    return made;
  }
};
namespace detail {
template <class X> struct is_mask : std::false_type {};
template <unsigned N> struct is_mask<mask<N>> : std::true_type {};
}  // namespace detail
template <class X> concept Mask = detail::is_mask<std::remove_cvref_t<X>>::value;
}  // namespace aie
