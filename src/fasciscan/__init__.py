"""fasciscan finds, counts and locates fasciculations in ultrasound clips of muscle."""

__version__ = "0.1.0"
