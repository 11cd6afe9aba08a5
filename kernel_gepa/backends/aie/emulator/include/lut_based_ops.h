#error "lut_based_ops.h is not available: NPUEval compiles without aie_runtime_lib on the include path and links no lut_based_ops.o; write the approximation out with aie:: operations"
