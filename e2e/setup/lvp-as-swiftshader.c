/*
 * Test-only. Stands in the place of Chromium's libvk_swiftshader.so and forwards to Mesa's lavapipe, which has
 * 16-bit floats in shaders; SwiftShader has not. Dawn accepts only SwiftShader's PCI ids (vendor 0x1AE0, device 0xC0DE)
 * as a software adapter, so those are what this reports. Needs no headers: tcc alone can build it.
 */
typedef unsigned int u32;
typedef unsigned char u8;
extern void *dlopen(const char *, int);
extern void *dlsym(void *, const char *);
extern int strcmp(const char *, const char *);
#ifndef LVP_PATH
#define LVP_PATH "libvulkan_lvp.so"
#endif
typedef void (*Function)(void);
typedef Function (*GetProcAddr)(void *, const char *);
typedef int (*Negotiate)(u32 *);
typedef void (*GetProperties)(void *, u8 *);
static GetProcAddr instance_proc, device_proc;
static Negotiate negotiate;
static GetProperties properties, properties2, properties2_khr;

static void load(void) {
  static int tried;
  void *lib;
  if (tried) return;
  tried = 1;
  lib = dlopen(LVP_PATH, 2 /* RTLD_NOW */);
  if (!lib) return;
  instance_proc = (GetProcAddr)dlsym(lib, "vk_icdGetInstanceProcAddr");
  device_proc = (GetProcAddr)dlsym(lib, "vk_icdGetPhysicalDeviceProcAddr");
  negotiate = (Negotiate)dlsym(lib, "vk_icdNegotiateLoaderICDInterfaceVersion");
}

/* VkPhysicalDeviceProperties begins: apiVersion, driverVersion, vendorID, deviceID, deviceType (4 = CPU). */
static void disguise(u8 *props) {
  u32 *words = (u32 *)props;
  words[2] = 0x1AE0;
  words[3] = 0xC0DE;
  words[4] = 4;
  words[81] = 0x40000000; /* limits.maxStorageBufferRange: lavapipe says 128 MiB and can do 1 GiB */
}
static void wrapped(void *dev, u8 *p) { properties(dev, p); disguise(p); }
static void wrapped2(void *dev, u8 *p) { properties2(dev, p); disguise(p + 16); }
static void wrapped2_khr(void *dev, u8 *p) { properties2_khr(dev, p); disguise(p + 16); }

Function vkGetInstanceProcAddr(void *instance, const char *name);
static Function wrap(const char *name, Function f) {
  if (!f) return f;
  if (!strcmp(name, "vkGetInstanceProcAddr")) return (Function)vkGetInstanceProcAddr;
  if (!strcmp(name, "vkGetPhysicalDeviceProperties")) { properties = (GetProperties)f; return (Function)wrapped; }
  if (!strcmp(name, "vkGetPhysicalDeviceProperties2")) { properties2 = (GetProperties)f; return (Function)wrapped2; }
  if (!strcmp(name, "vkGetPhysicalDeviceProperties2KHR")) { properties2_khr = (GetProperties)f; return (Function)wrapped2_khr; }
  return f;
}
Function vkGetInstanceProcAddr(void *instance, const char *name) { load(); return instance_proc ? wrap(name, instance_proc(instance, name)) : 0; }
Function vk_icdGetInstanceProcAddr(void *instance, const char *name) { return vkGetInstanceProcAddr(instance, name); }
Function vk_icdGetPhysicalDeviceProcAddr(void *instance, const char *name) { load(); return device_proc ? wrap(name, device_proc(instance, name)) : 0; }
int vk_icdNegotiateLoaderICDInterfaceVersion(u32 *version) { load(); return negotiate ? negotiate(version) : -9; }
