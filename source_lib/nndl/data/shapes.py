import numpy as np
def _box(u, v, w, h):
    return np.maximum(np.abs(u) - w, np.abs(v) - h)
def disc(u, v): return np.sqrt(u*u+v*v) - 1, None
def square(u, v): return _box(u, v, .9, .9), None
def triangle(u, v): return np.maximum(np.abs(u) * .866 - v * .5, v) - .5 , None
def ring(u, v): return np.abs(np.sqrt(u*u+v*v) - .72) - .26, None
def plus(u, v): return np.minimum(_box(u, v, .33, 1), _box(u, v, 1, .33)), None
def star(u, v):
    r = np.sqrt(u*u+v*v); a = np.arctan2(u, -v)
    return r - .72 - .38*np.cos(5*a), None
def bar(u, v): return _box(u, v, 1.3, .4), None
def crescent(u, v): return np.maximum(np.sqrt(u*u+v*v) - 1, .8 - np.sqrt((u-.5)**2+v*v)), None
def checkered(u, v): return np.sqrt(u*u+v*v) - 1, ((np.floor(u*2.2)+np.floor(v*2.2)) % 2)
def striped(u, v): return _box(u, v, .9, .9), (np.floor(v*2.4) % 2)
SHAPES=(disc,square,triangle,ring,plus,star,bar,crescent,checkered,striped)
CLASS_NAMES=tuple(f.__name__ for f in SHAPES)
