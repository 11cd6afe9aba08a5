"""A 3x3 convolution of one image with zero padding of one pixel, stride one (cross-correlation, as in torch)."""

import torch

kernel = "conv3x3.cpp"
tolerance = {"rtol": 1e-4, "atol": 1e-4}


def workloads():
    return {
        "first": {
            "image": "float32[channels=3, height=112, width=112]",
            "weight": "float32[filters=8, channels, 3, 3]",
        },
        "inner": {
            "image": "float32[channels=17, height=27, width=29]",
            "weight": "float32[filters=19, channels, 3, 3]",
        },
    }


def reference(image, weight):
    return torch.nn.functional.conv2d(image, weight, padding=1)
