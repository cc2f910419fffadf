from rest_framework.routers import SimpleRouter

from hospitals import api

router = SimpleRouter()
router.register("hospitals", api.HospitalViewSet)
router.register("people", api.PersonViewSet)
router.register("reading-privileges", api.ReadingPrivilegeViewSet)
router.register("shifts", api.ShiftViewSet)

urlpatterns = router.urls
