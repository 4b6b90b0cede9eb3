package kernels

const amxEmulated = false
