// Block floating point, of the second generation: elements of one block share an exponent.
#pragma once
#include "mmul.hpp"

namespace aie::emu {
// Blocks in native increments are left behind by the access itself.
template <class D> constexpr D beyond_the_block(D descriptor) {
  if constexpr (is_block_v<typename D::type>) {
    constexpr int bytes = int(D::vector_type::bytes());
    auto &last = descriptor.steps[D::levels - 1];
    last.inc1 += bytes, last.inc2 += bytes, last.inc3 += bytes;
  }
  return descriptor;
}
}  // namespace aie::emu

#if __AIE_ARCH__ == 21
namespace aie {
namespace detail {
template <class T, unsigned N> struct block_vector_storage;
template <class T, unsigned N> requires(N == 64 || N == 128) struct block_vector_storage<T, N> {};
}  // namespace detail

// A block is an exponent with the bias of float, and mantissas of eight bits, two's complement, with six behind the point.
template <BlockType T, unsigned N> class block_vector : private detail::block_vector_storage<T, N> {
 public:
  using value_type = T;
  static constexpr unsigned size() { return N; }
  static constexpr unsigned block_size() { return std::is_same_v<T, bfp16ebs8> ? 8 : 16; }
  static constexpr unsigned blocks() { return N / block_size(); }
  static constexpr unsigned mantissa_bits() { return 8; }
  static constexpr unsigned exponent_bits() { return 8; }
  static constexpr unsigned bits() { return N * mantissa_bits() + blocks() * exponent_bits(); }
  static constexpr unsigned bytes() { return bits() / 8; }
  static constexpr unsigned memory_bits() { return bits(); }
  static constexpr unsigned memory_bytes() { return bytes(); }
  static constexpr unsigned vector_alignment() { return 1; }

  struct Block {
    uint8_t exponent;
    int8_t mantissa[block_size()];
  } block[blocks()];
  unsigned ready = 0;

  block_vector() { std::memset(block, aie_emu_poison, sizeof block); }
  float get(unsigned index) const {
    const Block &b = block[index / block_size()];
    if (b.exponent == 255) return std::numeric_limits<float>::quiet_NaN();  // of an infinity or no number among the block
    return std::ldexp(float(b.mantissa[index % block_size()]), int(b.exponent) - 127 - 6);
  }
  template <unsigned M> block_vector<T, M> extract(unsigned index) const {
    static_assert(M <= N, "a vector is extracted from one that is as large or larger");
    if (index >= N / M) aie_emu_stop("idx needs to be a valid subvector index");
    block_vector<T, M> part;
    std::memcpy(part.block, block + index * part.blocks(), sizeof part.block);
    part.ready = ready;
    return part;
  }
  template <unsigned M> block_vector &insert(unsigned index, const block_vector<T, M> &part) {
    static_assert(M <= N, "a vector is inserted into one that is as large or larger");
    if (index >= N / M) aie_emu_stop("idx needs to be a valid subvector index");
    std::memcpy(block + index * part.blocks(), part.block, sizeof part.block);
    ready = std::max(ready, part.ready);
    return *this;
  }
  template <unsigned M> block_vector<T, M> grow(unsigned index = 0) const { return block_vector<T, M>().insert(index, *this); }

  // From and to the fifo, which needs no alignment: two accesses of 512 bits, where the device may keep a rest.
  void read(const void *address, unsigned, bool may_alias, const char *what) {
    std::memcpy(block, aie_emu_access(address, bytes(), 1, 0, what), bytes());
    ready = aie_emu_load(int(bytes() + 63) / 64, may_alias, emu::LOAD_LATENCY, "vldb.pop");
  }
  void write(void *address, unsigned, const char *what) const {
    std::memcpy(const_cast<void *>(aie_emu_access(address, bytes(), 1, 1, what)), block, bytes());
    aie_emu_issue(emu::STORE, int(bytes() + 63) / 64, ready, emu::STORE_LATENCY, "vst.push");
  }
};
template <class X> inline constexpr bool is_block_vector_v = false;
template <class T, unsigned N> inline constexpr bool is_block_vector_v<block_vector<T, N>> = true;
template <class X> concept BlockVector = is_block_vector_v<std::remove_cvref_t<X>>;

namespace emu {
// The largest exponent is shared, and what is below the mantissas is cut towards minus infinity, whatever the rounding register says.
template <class T, unsigned N> block_vector<T, N> blocked(const accum<accfloat, N> &values) {
  block_vector<T, N> made;
  constexpr unsigned size = made.block_size();
  for (unsigned b = 0; b < made.blocks(); b++) {
    int largest = 0;
    for (unsigned i = 0; i < size; i++)
      largest = std::max(largest, int(std::bit_cast<uint32_t>(values.lane[b * size + i]) >> 23 & 255));
    made.block[b].exponent = uint8_t(largest);
    for (unsigned i = 0; i < size; i++) {
      const float value = values.lane[b * size + i];
      const bool normal = std::isnormal(value) && largest < 255;  // denormals are zeros
      made.block[b].mantissa[i] = normal ? int8_t(std::floor(std::ldexp(double(value), 127 + 6 - largest))) : int8_t(0);
    }
  }
  made.ready = aie_emu_issue(MOVE, int(N / 64), values.ready, CONVERT_LATENCY, "vconv.bfp16");
  return made;
}
// Rows of `a` times rows of `b`, which is B transposed. Products of two blocks are summed up exactly.
template <unsigned M, unsigned N>
accum<accfloat, M * N> rows_by_rows(const accum<accfloat, M * N> *sum, const block_vector<bfp16ebs8, M * 8> &a,
                                    const block_vector<bfp16ebs8, N * 8> &b) {
  accum<accfloat, M * N> made;
  for (unsigned i = 0; i < M; i++)
    for (unsigned j = 0; j < N; j++) {
      int dot = 0;
      for (unsigned k = 0; k < 8; k++) dot += int(a.block[i].mantissa[k]) * int(b.block[j].mantissa[k]);
      const bool finite = a.block[i].exponent < 255 && b.block[j].exponent < 255;
      const int scale = int(a.block[i].exponent) + int(b.block[j].exponent) - 2 * (127 + 6);
      const float product = finite ? std::ldexp(float(dot), scale) : std::numeric_limits<float>::quiet_NaN();
      made.lane[i * N + j] = sum ? sum->lane[i * N + j] + product : product;
    }
  const unsigned ready = std::max({a.ready, b.ready, sum ? read_late(sum->ready) : 0});
  made.ready = aie_emu_issue(VECTOR, std::max(1u, M * N / 64), ready, FMAC_LATENCY, "vmac.bfp16");
  return made;
}
}  // namespace emu

template <BlockVector V> auto op_transpose(const V &v) { return unary_op<V, Operation::Transpose>{v}; }
template <BlockType T, Accum A> auto to_vector(const A &values) { return values.template to_vector<T>(); }

// Reading and writing go through a fifo, which begins anywhere. `seek` counts vectors.
namespace emu {
template <class T, unsigned N, class Pointer, bool Restrict> class block_stream {
 public:
  using elem_type = T;
  using vector_type = block_vector<T, N>;
  using value_type = vector_type;
  block_stream(Pointer address) : address(address) {}
  void seek(int vectors) { seek_byte(vectors * int(vector_type::memory_bytes())); }
  void seek_byte(int bytes) { address += bytes; }

 protected:
  Pointer address;
};
}  // namespace emu
template <BlockType T, unsigned N, aie_dm_resource = aie_dm_resource::none, bool Restrict = false>
struct block_vector_input_buffer_stream : emu::block_stream<T, N, const T *, Restrict> {
  using emu::block_stream<T, N, const T *, Restrict>::block_stream;
  block_vector<T, N> pop() { return pop_seek_byte(0); }
  block_vector<T, N> pop_seek(int vectors) { return pop_seek_byte(vectors * int(block_vector<T, N>::memory_bytes())); }
  block_vector<T, N> pop_seek_byte(int bytes) {
    block_vector<T, N> popped;
    popped.read(this->address, 1, !Restrict, "pop");
    this->seek_byte(int(popped.bytes()) + bytes);
    return popped;
  }
  auto &operator>>(block_vector<T, N> &to) { return to = pop(), *this; }
};
template <BlockType T, unsigned N, aie_dm_resource = aie_dm_resource::none, bool Restrict = false>
struct block_vector_output_buffer_stream : emu::block_stream<T, N, T *, Restrict> {
  using emu::block_stream<T, N, T *, Restrict>::block_stream;
  void push(const block_vector<T, N> &value) { push_seek_byte(value, 0); }
  void push_seek(const block_vector<T, N> &value, int vectors) { push_seek_byte(value, vectors * int(value.memory_bytes())); }
  void push_seek_byte(const block_vector<T, N> &value, int bytes) {
    value.write(this->address, 1, "push");
    this->seek_byte(int(value.bytes()) + bytes);
  }
  auto &operator<<(const block_vector<T, N> &value) { return push(value), *this; }
};
template <BlockType T, unsigned N, aie_dm_resource R = aie_dm_resource::none>
using block_vector_restrict_input_buffer_stream = block_vector_input_buffer_stream<T, N, R, true>;
template <BlockType T, unsigned N, aie_dm_resource R = aie_dm_resource::none>
using block_vector_restrict_output_buffer_stream = block_vector_output_buffer_stream<T, N, R, true>;

namespace detail {
template <unsigned M, unsigned K, unsigned N, class A>
  requires((std::is_same_v<A, bfp16ebs8> && M == 8 && K == 8 && (N == 8 || N == 16)) ||
           (std::is_same_v<A, bfloat16> && M == 8 && K == 8 && N == 8))
struct mmul_storage<M, K, N, A, bfp16ebs8> {};
}  // namespace detail
// The right matrix is given transposed, and says so: op_transpose.
template <unsigned M_, unsigned K_, unsigned N_, ElemBaseOrBlockType TypeA, BlockType TypeB, AccumElemBaseType Tag>
struct mmul<M_, K_, N_, TypeA, TypeB, Tag> : private detail::mmul_storage<M_, K_, N_, TypeA, TypeB> {
  static constexpr unsigned M = M_, K = K_, N = N_;
  static constexpr unsigned size_A = M * K, size_B = K * N, size_C = M * N;
  using vector_A_type = std::conditional_t<std::is_same_v<TypeA, bfloat16>, vector<bfloat16, size_A>, block_vector<bfp16ebs8, size_A>>;
  using vector_B_type = block_vector<TypeB, size_B>;
  using accum_type = accum<accfloat, size_C>;

  mmul() = default;
  mmul(const accum_type &start) : sum(start), started(true) {}
  template <class T> explicit mmul(const vector<T, size_C> &start, int shift = 0) : started(true) { sum.from_vector(start, shift); }
  template <class A, class B> requires(std::is_same_v<A, vector_A_type> && std::is_same_v<B, unary_op<vector_B_type, Operation::Transpose>>)
  void mul(const A &a, const B &b) { run(nullptr, a, b.parent); }
  template <class A, class B> requires(std::is_same_v<A, vector_A_type> && std::is_same_v<B, unary_op<vector_B_type, Operation::Transpose>>)
  void mac(const A &a, const B &b) { run(started ? &sum : nullptr, a, b.parent); }
  template <class T> auto to_vector(int shift = 0) const { return sum.template to_vector<T>(shift); }
  accum_type to_accum() const { return sum; }
  operator accum_type() const { return sum; }

 private:
  accum_type sum;
  bool started = false;

  void run(const accum_type *before, const vector_A_type &a, const vector_B_type &b) {
    if constexpr (std::is_same_v<TypeA, bfloat16>)
      sum = emu::rows_by_rows<M, N>(before, emu::blocked<bfp16ebs8>(accum<accfloat, size_A>(a)), b);
    else sum = emu::rows_by_rows<M, N>(before, a, b);
    started = true;
  }
};
}  // namespace aie
#endif
