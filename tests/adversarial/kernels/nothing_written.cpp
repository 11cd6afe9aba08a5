// verdict: incorrect
// class: memory reuse
// wall: poisoned outputs
// Leaves in the output what was there before, in the hope that it is the reference's answer.
extern "C" void squash(const float* x, float* y, long n) {}
