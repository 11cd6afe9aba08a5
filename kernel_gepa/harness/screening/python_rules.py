"""What has no place in the Python of a kernel, with the reason a reader is given."""

from __future__ import annotations

from kernel_gepa.harness.screening.cpp_rules import words

_MODULES = {
    "walks the objects of the process": "gc",
    "walks the stack": "inspect traceback faulthandler",
    "reaches into memory": "ctypes mmap _ctypes cffi",
    "starts threads of its own": "threading _thread concurrent queue",
    "starts processes": "multiprocessing subprocess pty",
    "defers work": "asyncio sched atexit",
    "opens connections": "socket select selectors ssl http urllib requests socketserver",
    "handles signals": "signal",
    "reads a clock": "time timeit datetime cProfile profile",
    "loads code": "pickle marshal dill cloudpickle runpy code codeop importlib pkgutil imp zipimport",
    "reads files": "shutil pathlib tempfile glob io fileinput fcntl linecache",
    "patches what it does not own": "unittest mock",
    "reaches into the interpreter": "builtins sys dis site _imp",
    "reaches into the worker": "__main__ worker",
    "reaches into the system": "os posix pwd resource platform",
}
MODULES = {name: reason for reason, names in _MODULES.items() for name in names.split()}

BUILTINS = words("eval exec compile __import__ __builtins__ __loader__ open globals vars locals input breakpoint")
# Good names for parameters and functions of one's own.
EVERYDAY = words("compile input vars")

# Attributes by their last name, whatever they are taken from.
_ATTRIBUTES = {
    "walks the stack": "f_back f_locals f_globals f_builtins f_code f_trace tb_frame tb_next gi_frame cr_frame "
    "ag_frame _getframe _current_frames settrace setprofile",
    "reaches into the interpreter": "__class__ __dict__ __globals__ __builtins__ __code__ __closure__ __subclasses__ "
    "__bases__ __base__ __mro__ __self__ __func__ __wrapped__ __defaults__ __kwdefaults__ __loader__ __spec__ "
    "__import__ __getattribute__ __setattr__ __delattr__ __reduce__ __reduce_ex__ __traceback__ __context__ __cause__ "
    "__path__ __setstate__ __weakref__",
    "pretends to be a tensor": "__torch_function__ __torch_dispatch__ as_subclass _make_subclass "
    "_make_wrapper_subclass",
    "hangs hooks into the process": "register_forward_hook register_forward_pre_hook register_module_forward_hook "
    "register_module_forward_pre_hook register_module_full_backward_hook register_full_backward_hook register_hook "
    "register_module_parameter_registration_hook register_module_buffer_registration_hook "
    "register_module_module_registration_hook register_load_state_dict_post_hook _register_state_dict_hook "
    "register_state_dict_pre_hook _register_load_state_dict_pre_hook register_load_state_dict_pre_hook",
    "reaches into memory": "ctypeslib memmap from_blob",
    "reads files": "fromfile tofile load_library load_state_dict_from_url",
}
ATTRIBUTES = {name: reason for reason, names in _ATTRIBUTES.items() for name in names.split()}

# Dotted names under torch, with whatever is below them.
_TORCH = {
    "reads files": "load save hub jit.load jit.save serialization package export.load",
    "starts threads of its own": "jit.fork jit._fork futures set_num_threads set_num_interop_threads",
    "starts processes": "multiprocessing distributed utils.data",
    "uses a stream of its own": "cuda.Stream cuda.stream cuda.ExternalStream cuda.set_stream Stream xpu.Stream",
    "replays a recorded launch": "cuda.CUDAGraph cuda.graph cuda.make_graphed_callables",
    "reads a clock": "cuda.Event Event profiler autograd.profiler utils.benchmark",
    "touches the random numbers of the process": "manual_seed seed initial_seed set_rng_state get_rng_state "
    "random.manual_seed random.seed random.fork_rng cuda.manual_seed cuda.manual_seed_all",
    "changes settings of the process": "set_default_dtype set_default_device set_default_tensor_type "
    "set_flush_denormal set_float32_matmul_precision set_printoptions use_deterministic_algorithms set_warn_always",
    "patches torch's operators": "overrides utils._python_dispatch _C._set_torch_function_mode",
}
TORCH = {name: reason for reason, names in _TORCH.items() for name in names.split()}
NUMPY = dict.fromkeys(words("load save savez loadtxt savetxt genfromtxt fromregex"), "reads files")

SPECIAL_METHODS = {
    "__torch_function__": "pretends to be a tensor",
    "__torch_dispatch__": "pretends to be a tensor",
    "__del__": "defers work to the end of an object",
    "__getattribute__": "pretends to be another object",
    "__instancecheck__": "pretends to be another object",
    "__reduce__": "loads code",
}
